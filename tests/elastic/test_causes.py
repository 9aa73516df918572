"""What Elasticsearch says of an error, wherever in the answer it says it."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idle_jobs.elastic.answers import error_of
from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    Evidence,
    Gone,
    LookAgain,
    NotOnServerless,
    Refused,
    TryLater,
    Unanswered,
)
from idle_jobs.reasons import Reason
from steps.test_properties import json_values

Kind = type[ClusterError]
NO_API = "this Elasticsearch has no machine learning API"
NO_HANDLER = "no handler found for uri [/_ml/info?filter_path=x] and method [GET]"
METHOD = "Incorrect HTTP method for uri [/_ml/info?filter_path=x] and method [GET]"
SERVERLESS = (
    "uri [/_ml/info] with method [GET] exists but is not available when running in "
    "serverless mode"
)

# The errors that are texts: status, text, whether the body repeats the status.
TEXTS: dict[str, tuple[int, str, bool, Kind, str]] = {
    "no handler (F8)": (400, NO_HANDLER, False, Refused, NO_API),
    "another method (F8)": (
        405,
        f"{METHOD}, allowed: [POST]",
        True,
        Refused,
        f"405 {METHOD.replace('?filter_path=x', '')}, allowed: [POST]: {NO_API}",
    ),
    "another method, none allowed (F8)": (405, METHOD, True, Refused, NO_API),
    "serverless of 2023 (F8)": (
        404,
        f"Request for {SERVERLESS}",
        True,
        NotOnServerless,
        f"404 api_not_available_exception: Request for {SERVERLESS}",
    ),
    "serverless, for good (F8)": (410, SERVERLESS, True, NotOnServerless, SERVERLESS),
    "no details: a missing job (F8)": (
        404,
        "ResourceNotFoundException[No known job with id 'web']",
        True,
        Gone,
        "404 resource_not_found_exception: No known job with id 'web'",
    ),
    "no details: no right (F8)": (
        403,
        "ElasticsearchSecurityException[current license is non-compliant for [ml]]",
        True,
        Refused,
        "403 security_exception: current license is non-compliant for [ml]",
    ),
    "no details: a bad request (F8)": (
        400,
        "ElasticsearchParseException[unknown field [x]]",
        True,
        Refused,
        "400 parse_exception: unknown field [x]",
    ),
    "no details: a failed job is no evidence (F8)": (
        409,
        "ElasticsearchStatusException[it failed, use force close]",
        True,
        LookAgain,
        "409 status_exception: it failed, use force close",
    ),
    "no details: no master (F8)": (
        503,
        "MasterNotDiscoveredException[null]",
        True,
        TryLater,
        "503 master_not_discovered_exception: null",
    ),
}


@pytest.mark.parametrize(
    ("status", "text", "repeats", "kind", "expected"), TEXTS.values(), ids=TEXTS
)
def test_an_error_that_is_a_text_has_its_branch(
    status: int, text: str, repeats: bool, kind: Kind, expected: str
) -> None:
    """What will never work is refused at once, and says what it means (F8)."""
    body = {"error": text} | ({"status": status} if repeats else {})
    error = error_of(status, json.dumps(body).encode())

    assert kind is type(error)
    assert expected in str(error)
    assert "not an answer" not in str(error)


FOREIGN = {
    "another status": (404, "no handler found for uri [/x] and method [GET]", None),
    "words around it": (400, "sorry: no handler found for uri [/x]", 400),
    "a status that the body does not repeat": (
        404,
        "ResourceNotFoundException[No known job with id 'web']",
        None,
    ),
    "the same words of a proxy": (409, "it failed, use force close", 409),
    "a missing job of a proxy": (404, "No known job with id 'web'", 404),
    "an exception within a sentence": (400, "Got StatusException[x] of it", 400),
    "serverless with a 200": (500, SERVERLESS, 500),
}


@pytest.mark.parametrize(
    ("status", "text", "said"), FOREIGN.values(), ids=FOREIGN.keys()
)
def test_a_text_of_others_is_not_elasticsearchs(
    status: int, text: str, said: int | None
) -> None:
    """A proxy's JSON has an `error` as well, and it is told as a proxy's (F8)."""
    error = error_of(status, json.dumps({"error": text, "status": said}).encode())

    assert str(error).startswith(f"{status} not an answer of Elasticsearch")
    assert not isinstance(error, Evidence | Gone | BadRequest | NotOnServerless)


def failed(kind: str, reason: str, **within: object) -> dict[str, Any]:
    """Return an error as Elasticsearch writes it; its root cause is itself at first."""
    cause = {"type": kind, "reason": reason}
    return {"root_cause": [cause], **cause, **within}


def caused_by(kind: str, reason: str, **within: object) -> dict[str, Any]:
    """Return what stands within another error."""
    return {"type": kind, "reason": reason, **within}


CLOSED = caused_by("index_closed_exception", "closed", index=".ml-anomalies-shared")
SHARD = {"shard": 0, "index": ".ml-anomalies-shared", "node": "n1", "reason": CLOSED}
SEARCH = ("search_phase_execution_exception", "all shards failed")
RIGHT = "action [indices:data/read/search] is unauthorized for user [_xpack]"
UPGRADE = "Cannot perform close action while upgrade mode is enabled"
SLOW = "Timed out when waiting for persistent tasks after 30m"
EXPIRED = "API key: api key is expired"

CAUSES: dict[str, tuple[int, Mapping[str, Any], Kind, Reason, str]] = {
    "a closed index of results": (
        400,
        failed(*SEARCH, failed_shards=[SHARD], caused_by=CLOSED),
        Refused,
        Reason.CLUSTER_REFUSED,
        "all shards failed: index_closed_exception: closed [.ml-anomalies-shared]",
    ),
    "a closed index, told as an outage": (
        503,
        failed(*SEARCH, failed_shards=[SHARD]),
        Refused,
        Reason.CLUSTER_REFUSED,
        "index_closed_exception: closed [.ml-anomalies-shared]",
    ),
    "a search that may not be made": (
        500,
        failed(
            *SEARCH,
            failed_shards=[{"reason": caused_by("security_exception", RIGHT)}],
        ),
        Refused,
        Reason.CLUSTER_REFUSED,
        f"security_exception: {RIGHT}",
    ),
    "a search within": (
        500,
        failed("exception", "x", caused_by=caused_by(*SEARCH, caused_by=CLOSED)),
        Refused,
        Reason.CLUSTER_REFUSED,
        "index_closed_exception: closed [.ml-anomalies-shared]",
    ),
    "a close that may have been issued": (
        500,
        failed("exception", "Exception closing autodetect process", caused_by=CLOSED),
        TryLater,
        Reason.SERVER_ERROR,
        "index_closed_exception: closed [.ml-anomalies-shared]",
    ),
    "a search that no index can serve": (
        400,
        failed(*SEARCH, caused_by=caused_by("query_shard_exception", "No mapping")),
        Refused,
        Reason.CLUSTER_REFUSED,
        "query_shard_exception: No mapping",
    ),
    "shards that are not up": (
        503,
        failed(*SEARCH, phase="query", grouped=True, failed_shards=[]),
        TryLater,
        Reason.CLUSTER_UNAVAILABLE,
        "503 search_phase_execution_exception: all shards failed",
    ),
    "shards of a node that left": (
        503,
        failed(
            *SEARCH,
            failed_shards=[
                {"reason": caused_by("no_shard_available_action_exception", "[n1]")}
            ],
        ),
        TryLater,
        Reason.CLUSTER_UNAVAILABLE,
        "no_shard_available_action_exception: [n1]",
    ),
    "no licence": (
        403,
        failed("security_exception", "current license is non-compliant for [ml]")
        | {"license.expired.feature": "ml"},
        Refused,
        Reason.CLUSTER_REFUSED,
        "403 security_exception: current license is non-compliant for [ml]",
    ),
    "an expired key": (
        401,
        failed("security_exception", "unable to authenticate")
        | {"additional_unsuccessful_credentials": EXPIRED},
        Refused,
        Reason.CLUSTER_REFUSED,
        f"401 security_exception: unable to authenticate: {EXPIRED}",
    ),
    "upgrade mode within": (
        500,
        failed("exception", "failed", caused_by=caused_by("status_exception", UPGRADE)),
        TryLater,
        Reason.UPGRADE_MODE,
        UPGRADE,
    ),
    "a slow close within": (
        500,
        failed(
            "exception",
            "failed",
            caused_by=caused_by(
                "exception", "x", caused_by=caused_by("illegal_state_exception", SLOW)
            ),
        ),
        Unanswered,
        Reason.STILL_CLOSING,
        SLOW,
    ),
    "a failed job within is no evidence": (
        500,
        failed(
            "exception",
            "failed",
            caused_by=caused_by("status_exception", "it failed, use force close"),
        ),
        TryLater,
        Reason.SERVER_ERROR,
        "500 exception: failed: status_exception: it failed, use force close",
    ),
    "a missing job within is not gone": (
        500,
        failed(
            "exception",
            "failed",
            suppressed=[caused_by("resource_not_found_exception", "No known job")],
        ),
        TryLater,
        Reason.SERVER_ERROR,
        "resource_not_found_exception: No known job",
    ),
    "a root cause alone": (
        503,
        {
            "root_cause": [caused_by("node_not_connected_exception", "[n2]")],
            "type": "exception",
            "reason": None,
        },
        TryLater,
        Reason.CLUSTER_UNAVAILABLE,
        "503 exception: : node_not_connected_exception: [n2]",
    ),
    "an API that serverless does not offer": (
        410,
        failed("api_not_available_exception", SERVERLESS),
        NotOnServerless,
        Reason.CLUSTER_REFUSED,
        f"410 api_not_available_exception: {SERVERLESS}",
    ),
    "another format": (
        406,
        failed("media_type_header_exception", "Invalid media-type value on [Accept]"),
        Refused,
        Reason.CLUSTER_REFUSED,
        "406 media_type_header_exception: Invalid media-type value on [Accept]",
    ),
}


@pytest.mark.parametrize(
    ("status", "error", "kind", "reason", "expected"), CAUSES.values(), ids=CAUSES
)
def test_the_cause_is_told_and_decides(
    status: int, error: Mapping[str, Any], kind: Kind, reason: Reason, expected: str
) -> None:
    """Root causes, causes, shards and what was suppressed: all of them are read."""
    body = json.dumps({"error": error, "status": status}).encode()
    came = error_of(status, body)

    assert (kind, reason) == (type(came), came.reason)
    assert expected in str(came)


def test_a_cause_that_repeats_the_error_is_not_told_again() -> None:
    """A root cause nearly always does."""
    error = failed("status_exception", "x", caused_by=failed("status_exception", "x"))
    body = json.dumps({"error": error}).encode()

    assert "500 status_exception: x" == str(error_of(500, body))


def test_many_causes_are_told_by_the_first_and_the_innermost() -> None:
    """A line has room for two, each cut, and a credential in them is hidden."""
    error = caused_by("z", "Authorization: ApiKey dGVzdDp0ZXN0ZXN0ZXN0" + "z" * 999)
    for kind in "edcba":
        error = caused_by(kind * 99, kind * 999, caused_by=error)
    came = str(error_of(500, json.dumps({"error": error}).encode()))

    first, innermost = f"{'b' * 60}: {'b' * 160}", "z: Authorization: ApiKey ..."
    assert came.startswith(f"500 {'a' * 99}: {'a' * 500}: {first}: {innermost}")
    assert 1_000 >= len(came)


def test_an_endless_error_is_read_to_an_end() -> None:
    """Thousands of shards, or causes of causes, cost next to nothing."""
    wide = [{"reason": caused_by("x", str(n))} for n in range(9_000)]
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = caused_by("deep", "x", caused_by=deep)
    error = failed("exception", "x", failed_shards=wide, suppressed=[deep])
    body = json.dumps({"error": error}).encode()

    assert str(error_of(503, body)).startswith("503 exception: x: ")


# What has no `type` in its `error`, and none of the texts above, is a stranger's.
NAMES = st.sampled_from(
    ("error", "message", "reason", "status", "root_cause", "Message")
)
TEMPTING = st.sampled_from(("use force close", "No known job with id 'web'", "x", ""))
STRANGE = st.recursive(
    json_values | TEMPTING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)
STATUSES = st.integers(201, 599)


@pytest.mark.slow
@given(STATUSES, STRANGE)
def test_no_answer_of_a_proxy_decides_about_a_job(status: int, body: object) -> None:
    """Whatever JSON it is: never gone, never evidence, never a bad request (F8)."""
    error = error_of(status, json.dumps(body).encode())

    assert not isinstance(error, Evidence | Gone | BadRequest | LookAgain)
    assert str(error).isprintable()
    assert 1_000 >= len(str(error))


FIELDS = ("type", "reason", "root_cause", "caused_by", "failed_shards", "suppressed")
ERRORS = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), STRANGE)


@pytest.mark.slow
@given(STATUSES, ERRORS | st.text(max_size=99), json_values)
def test_whatever_an_error_holds_is_one_of_the_tree(
    status: int, error: object, said: object
) -> None:
    """An error's fields may be anything; what comes of it is short and printable."""
    body = json.dumps({"error": error, "status": said}).encode()
    came = error_of(status, body)

    assert isinstance(came, ClusterError)
    assert not isinstance(came, Evidence) or status == 409
    assert str(came).isprintable()
    assert 1_000 >= len(str(came))


def test_a_long_error_is_read_in_no_time() -> None:
    """A text that a proxy means badly took time by the square of its length."""
    text = "Incorrect HTTP method for uri [" + "] and method [x], allowed: [" * 8_000
    body = json.dumps({"error": text}).encode()
    began = time.process_time()
    came = error_of(405, body)

    assert type(came) is Refused
    assert time.process_time() - began < 1
