"""How the runner of Elastic's format judges errors and warnings."""

import pytest

from conformance.tests.test_runner import BODY, Double, outcome_of

ERROR = {
    "error": {
        "root_cause": [{"type": "status_exception", "reason": "it is [closed]"}],
        "type": "status_exception",
        "reason": "it is [closed]",
    }
}


@pytest.mark.parametrize(
    ("catch", "status"),
    [
        ("bad_request", 400),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("missing", 404),
        ("request_timeout", 408),
        ("conflict", 409),
        ("unavailable", 503),
        ("request", 429),
        ("request", 500),
        ("/status_exception.*it is \\[closed\\]/", 409),
    ],
)
def test_errors_are_caught_by_status_or_text(catch: str, status: int) -> None:
    """A caught error passes; success does not, nor does an error of another kind."""
    case = f'"Case":\n  - do:\n      catch: {catch}\n      info: {{}}\n'

    assert outcome_of(case, Double(status, ERROR)).kind == "passed"
    assert outcome_of(case, Double(200)).kind == "failed"
    assert outcome_of(case, Double(418 if status != 429 else 404, {})).kind == (
        "passed" if catch == "request" and status == 500 else "failed"
    )


def test_an_error_that_nobody_catches_fails_unless_ignored() -> None:
    """Without `catch` only success passes, and what `ignore` names."""
    case = '"Case":\n  - do: { ml.info: { ignore: [404, 409] } }\n'

    assert outcome_of(case, Double(409, ERROR)).kind == "passed"
    assert outcome_of(case, Double(500, ERROR)).kind == "failed"


@pytest.mark.parametrize(
    ("given", "warned", "kind"),
    [
        ("warnings: [ old ]", ["old"], "passed"),
        ("warnings: [ old ]", [], "failed"),
        ("headers: {}", ["old"], "failed"),
        ("allowed_warnings: [ old ]", ["old"], "passed"),
        ("allowed_warnings: [ old ]", [], "passed"),
        ("warnings_regex: [ 'o.d' ]", ["old"], "passed"),
        ("warnings_regex: [ 'o' ]", ["old"], "failed"),
        ("allowed_warnings_regex: [ 'o.*' ]", ["old", "odd"], "passed"),
    ],
)
def test_warnings_are_those_expected_or_allowed(
    given: str, warned: list[str], kind: str
) -> None:
    """Each expected warning must come, and no other that is not allowed."""
    case = f'"Case":\n  - do:\n      {given}\n      info: {{}}\n'

    assert kind == outcome_of(case, Double(200, BODY, *warned)).kind
