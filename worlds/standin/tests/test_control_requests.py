"""The control takes JSON on its own paths, and refuses every other request."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standin.control.asking import Controlled, refuse

VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["8s", "365d", "3000-01-01T00:00:00Z", "GET", "hang", "a("]),
    lambda inner: st.dictionaries(st.sampled_from(["median", "seed", "x"]), inner),
    max_leaves=4,
)
NAMES = [
    "at",
    "advance",
    "real",
    "fixed",
    "lognormal",
    "path",
    "times",
    "kind",
    "body",
    "headers",
    "forecast",
]
LINES = ["PUT /clock", "PUT /close-duration", "POST /faults", "PUT /jobs/web/state"]


@settings(max_examples=50, deadline=None, database=None)
@given(st.sampled_from(LINES), st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_fields(line: str, fields: dict[str, object]) -> None:
    """Whatever it is told, it does that or says why not."""
    status, shown = Controlled().tell(line, fields)

    assert (status, "error" in shown) in {(200, False), (400, True)}


@pytest.mark.parametrize(
    "line",
    [
        *("GET /clock", "GET /faults", "DELETE /faults"),
        *("POST /wipe", "GET /log", "DELETE /log"),
    ],
)
def test_no_field(line: str) -> None:
    """What takes no field is not given one that would be ignored."""
    why = refuse(line, b'{"all": true}')

    assert why == 'field of request: expected none, got "all"'


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"9" * 5000, b"NaN."])
def test_no_json(body: bytes) -> None:
    """What is no JSON is refused, and so is what nests without an end."""
    why = refuse("POST /faults", body)

    assert why.startswith("request: expected a JSON object, got ")


@pytest.mark.parametrize("body", [b"[]", b"1", b"null"])
def test_no_object(body: bytes) -> None:
    """JSON that has no fields is refused."""
    assert (
        refuse("POST /faults", body)
        == f"request: expected an object, got {body.decode()}"
    )


def test_no_job() -> None:
    """A job that is not there has no state to be set."""
    why = refuse("PUT /jobs/none/state", b'{"forecast": true}', 404)

    assert why == "no job [none]"


@pytest.mark.parametrize("path", ["/", "/clock/", "/clock?x", "/jobs//state", "/_ml"])
def test_no_path(path: str) -> None:
    """A path that is not there is answered with those that are."""
    why = refuse(f"GET {path}", b"", 404)
    paths = "/clock, /close-duration, /faults, /wipe, /log, /jobs/<id>/state"

    assert why == f"path: expected one of {paths}"


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("DELETE /clock", "GET, PUT"),
        ("GET /close-duration", "PUT"),
        ("PUT /faults", "GET, POST, DELETE"),
        ("GET /wipe", "POST"),
        ("POST /log", "GET, DELETE"),
        ("GET /jobs/web/state", "PUT"),
    ],
)
def test_no_method(line: str, allowed: str) -> None:
    """A method that a path does not have is answered with those that it has."""
    assert refuse(line, b"", 405) == f"method: expected one of {allowed}"
