"""Which cases the runner of Elastic's format leaves out, and what it says of them."""

import pytest

from conformance.loading import load
from conformance.running import run
from conformance.tests.test_runner import Double
from conformance.versions import read_version

NOW = read_version("8.9.0")
OLD_FIELD = """- do:
      ml.close_job: { job_id: a, body: '{"allow_no_jobs" : true}' }"""
BAD_REGEX = "- do: { info: {} }\n  - match: { name: /(/ }"
CAPABLE = """- requires:
      capabilities: [ { path: /_x }, { method: PUT, path: /_y } ]"""
LACKS = "requires cluster feature"
EITHER = """- requires:
      any: [ { cluster_features: gte_v8.12.0 }, { cluster_features: ml.fly } ]"""
UNREADABLE = (
    "unsupported regular expression /(/: "
    "missing ), unterminated subpattern at position 0"
)
KNOWN_ISSUE = """- skip:
      known_issues: [ { cluster_feature: gte_v8.1.0, fixed_by: gte_v8.9.1 } ]"""


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("- skip: { version: ' - 8.9.99', reason: old }", "version  - 8.9.99: old"),
        ("- skip: { version: all }", "version all"),
        ("- skip: { features: [ headers, fibres ] }", "unsupported feature fibres"),
        ("- skip: { awaits_fix: url, reason: bad }", "awaits a fix: bad"),
        ("- skip: { cluster_features: gte_v8.1.0 }", "cluster feature gte_v8.1.0"),
        (
            KNOWN_ISSUE,
            "known issue of gte_v8.1.0",
        ),
        ("- skip: { weather: bad }", "unsupported condition skip: weather"),
        (
            "- requires: { cluster_features: [ gte_v8.12.0 ] }",
            "requires cluster feature gte_v8.12.0",
        ),
        ("- requires: { test_runner_features: yaml }", "unsupported feature yaml"),
        ("- requires: { serverless: true, stack: false }", "is for serverless only"),
        (
            CAPABLE,
            "unsupported capabilities of GET /_x, PUT /_y",
        ),
        (
            "- skip: { capabilities: [ { path: /_x } ] }",
            "unsupported capabilities of GET /_x",
        ),
        (EITHER, f"{LACKS} gte_v8.12.0 and {LACKS} ml.fly"),
        (
            "- skip: { any: [ { cluster_features: ml.fly }, { version: all } ] }",
            "version all",
        ),
        ("- do: { raw: { path: /_x } }", "unsupported API raw"),
        ("- do: { ml.fly: {} }", "unsupported API ml.fly"),
        (
            "- do: { ml.info: { colour: red } }",
            "unsupported parameter colour of ml.info",
        ),
        (
            "- do: { ml.get_jobs: { allow_no_jobs: true } }",
            "unsupported parameter allow_no_jobs of ml.get_jobs",
        ),
        (OLD_FIELD, "unsupported parameter allow_no_jobs of ml.close_job"),
        ("- do: { ml.open_job: {} }", "unsupported ml.open_job without job_id"),
        ("- do: { catch: fire, info: {} }", "unsupported catch fire"),
        ("- do: { info: {}, ping: {} }", "unsupported do with info, ping"),
        (BAD_REGEX, UNREADABLE),
        ("- wonder: {}", "unsupported step wonder"),
    ],
)
def test_what_is_not_supported_skips_the_case_by_name(steps: str, reason: str) -> None:
    """The reason names the version, feature, condition, API or parameter."""
    (case,) = load(f'"Case":\n  {steps}\n', "file.yml")
    outcome = run(case, Double(), NOW)

    assert ("skipped", reason) == (outcome.kind, outcome.reason)


@pytest.mark.parametrize(
    "steps",
    [
        "- skip: { version: ' - 8.8.99, 8.10.0 - ', reason: other }",
        "- skip: { features: headers }",
        "- skip: { cluster_features: [ gte_v8.12.0, ml.thing ], os: debian-8 }",
        "- requires: { cluster_features: gte_v8.9.0, reason: new }",
        "- requires: { serverless: true, stack: true }",
        "- requires: { any: [ { cluster_features: a }, { stack: true } ] }",
        "- skip: { any: [ { cluster_features: a }, { version: ' - 7.99' } ] }",
        "- do: { catch: param, ml.open_job: {} }",
        "- do: { catch: param, ml.info: { colour: red } }",
        "- do: { catch: param, ml.put_job: { job_id: a } }",
        "- do: { catch: param, ml.get_jobs: { job_id: a } }",
        "- do: { node_selector: { version: current }, info: {} }",
    ],
)
def test_what_is_supported_runs(steps: str) -> None:
    """A condition that holds does not skip, and clients refuse what is unknown."""
    (case,) = load(f'"Case":\n  {steps}\n', "file.yml")

    assert run(case, Double(), NOW).kind == "passed"


def test_an_api_beside_the_scope_is_skipped_where_the_stand_in_lacks_it() -> None:
    """What its routes do not have is named, and is no failure of the case."""
    (case,) = load('"Case":\n  - do: { cat.tasks: {} }\n', "file.yml")
    lacking = Double(400, {"error": "no handler found for uri [/] and method [GET]"})

    assert run(case, lacking, NOW).reason == (
        "unsupported API cat.tasks: the stand-in has no such route"
    )


def test_an_api_that_the_stand_in_lacks_is_found_before_anything_is_sent() -> None:
    """What a case needs later decides before its first step can fail."""
    steps = "- is_true: nothing\n  - do: { ml.get_buckets: { job_id: a } }"
    (case,) = load(f'"Case":\n  {steps}\n', "file.yml")
    server = Double()

    assert run(case, server, NOW).reason == (
        "unsupported API ml.get_buckets: the stand-in has no such route"
    )
    assert server.asked == []
