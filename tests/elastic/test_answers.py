"""Every answer that is known of Elasticsearch, and of what stands before it."""

import json

import pytest

from idle_jobs.elastic.answers import error_of, parsed
from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    DatafeedWouldNotStop,
    Evidence,
    Gone,
    JobFailed,
    LookAgain,
    Refused,
    TryLater,
    Unanswered,
)
from idle_jobs.reasons import Reason

Kind = type[ClusterError]


def body(status: int, kind: str, reason: str | None) -> bytes:
    """Return a body the way Elasticsearch writes its errors."""
    cause = {"type": kind, "reason": reason}
    error = {"root_cause": [cause], **cause}
    return json.dumps({"error": error, "status": status}).encode()


ILLEGAL, STATUS = "illegal_argument_exception", "status_exception"
MISSING, SECURITY = "resource_not_found_exception", "security_exception"
UPGRADE = (
    "Cannot perform cluster:admin/xpack/ml/job/close action while upgrade mode is "
    "enabled"
)
STUCK_FEED = (
    "failed to close jobs as one or more had started datafeeds that could not be "
    "stopped: started datafeeds [feed], error stopping them [timed out]"
)
NO_NODE = (
    "Cannot stop datafeed [feed] because the datafeed does not have an assigned node. "
    "Use force stop to stop the datafeed"
)
FORCE_FAILED = (
    "Failed to force close job [web] with [1] failures, rethrowing last, all "
    "Exceptions: [..]"
)
FORBIDDEN = (
    "action [cluster:admin/xpack/ml/job/close] is unauthorized for user [ann] with "
    "effective roles [viewer], this action is granted by the cluster privileges "
    "[manage_ml,manage,all]"
)
NOT_THERE = "No known job with id 'web'"
VANISHED = "the task with id job-web and allocation id 5 doesn't exist"
SLOW = "Timed out when waiting for persistent tasks after 30m"

ANSWERS: dict[str, tuple[int, str, str | None, Kind]] = {
    "a parameter that it does not know": (
        400,
        ILLEGAL,
        "request [/_ml/x] contains unrecognized parameter: [force]",
        BadRequest,
    ),
    "a field that it does not know": (
        400,
        "x_content_parse_exception",
        "[1:2] [cluster:admin/xpack/ml/job/close] unknown field [x]",
        BadRequest,
    ),
    "a request that is not valid": (
        400,
        "action_request_validation_exception",
        "Validation Failed: 1: job_id is missing;",
        BadRequest,
    ),
    "a timeout without a unit": (
        400,
        ILLEGAL,
        "failed to parse setting [timeout] with value [30] as a time value",
        BadRequest,
    ),
    "an id that is used already": (
        400,
        "resource_already_exists_exception",
        "The job cannot be created with the Id 'web'. The Id is already used.",
        BadRequest,
    ),
    "a request line that is too long": (
        400,
        "too_long_http_line_exception",
        "An HTTP line is larger than 4096 bytes.",
        BadRequest,
    ),
    "no credentials": (
        401,
        SECURITY,
        "missing authentication credentials for REST request [/_ml]",
        Refused,
    ),
    "credentials that are not known": (
        401,
        SECURITY,
        "unable to authenticate user [ann] for REST request [/_ml]",
        Refused,
    ),
    "no privilege": (403, SECURITY, FORBIDDEN, Refused),
    "no licence": (
        403,
        SECURITY,
        "current license is non-compliant for [ml]",
        Refused,
    ),
    "no such job": (404, MISSING, NOT_THERE, Gone),
    "no such datafeed": (404, MISSING, "No datafeed with id [x] exists", Gone),
    "a task that vanished meanwhile": (404, MISSING, VANISHED, LookAgain),
    "an index that is not there": (
        404,
        "index_not_found_exception",
        "no such index [.ml-config]",
        TryLater,
    ),
    "a slow open": (408, STATUS, "Opening job [web] timed out after [30m]", TryLater),
    "a failed job": (
        409,
        STATUS,
        "cannot close job [web] because it failed, use force close",
        JobFailed,
    ),
    "a failed job among others": (
        409,
        STATUS,
        "one or more jobs have state failed, use force close",
        JobFailed,
    ),
    "a datafeed that could not be stopped": (
        409,
        STATUS,
        STUCK_FEED,
        DatafeedWouldNotStop,
    ),
    "a datafeed that nobody stopped": (
        409,
        STATUS,
        "cannot close job datafeed [feed] hasn't been stopped",
        DatafeedWouldNotStop,
    ),
    "a datafeed without a node": (409, STATUS, NO_NODE, LookAgain),
    "a close that a kill interrupted": (
        409,
        STATUS,
        "Close job interrupted by kill request",
        LookAgain,
    ),
    "a job that is being reset": (
        409,
        STATUS,
        "Cannot open job [web] because it is executing [reset]",
        LookAgain,
    ),
    "a job that is not open": (
        409,
        STATUS,
        "Cannot perform requested action because job [web] is not open",
        LookAgain,
    ),
    "upgrade mode": (429, STATUS, UPGRADE, TryLater),
    "full queues": (
        429,
        "es_rejected_execution_exception",
        "rejected execution of task on EsThreadPoolExecutor[search]",
        TryLater,
    ),
    "no memory for the request": (
        429,
        "circuit_breaking_exception",
        "[parent] Data too large, data for [<http_request>] would be [9/9b]",
        TryLater,
    ),
    "a close that goes on": (500, "illegal_state_exception", SLOW, Unanswered),
    "a close that broke": (
        500,
        "exception",
        "Exception closing autodetect process",
        TryLater,
    ),
    "a force close that failed": (500, "exception", FORCE_FAILED, TryLater),
    "a datafeed between two states": (
        500,
        "exception",
        "Failed to stop datafeed [feed] after 10 due to inconsistencies",
        TryLater,
    ),
    "no master": (503, "master_not_discovered_exception", None, TryLater),
    "a cluster that starts": (
        503,
        "cluster_block_exception",
        "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];",
        TryLater,
    ),
    "an index that is not up": (
        503,
        "search_phase_execution_exception",
        "all shards failed",
        TryLater,
    ),
}


@pytest.mark.parametrize(
    ("status", "kind", "reason", "expected"), ANSWERS.values(), ids=ANSWERS
)
def test_each_error_has_its_branch(
    status: int, kind: str, reason: str | None, expected: Kind
) -> None:
    """What Elasticsearch says decides, and its words are kept for people."""
    error = error_of(status, body(status, kind, reason))

    assert expected is type(error)
    assert f"{status} {kind}: {reason or ''}" == str(error)


REASONS = {
    "upgrade mode": (429, STATUS, UPGRADE, Reason.UPGRADE_MODE),
    "full queues": (429, "es_rejected_execution_exception", "", Reason.THROTTLED),
    "no memory": (429, "circuit_breaking_exception", "", Reason.THROTTLED),
    "no memory in another place": (
        503,
        "circuit_breaking_exception",
        "",
        Reason.CLUSTER_UNAVAILABLE,
    ),
    "no privilege": (403, SECURITY, FORBIDDEN, Reason.CLUSTER_REFUSED),
    "no master": (
        503,
        "master_not_discovered_exception",
        "",
        Reason.CLUSTER_UNAVAILABLE,
    ),
    "a slow close": (500, "illegal_state_exception", SLOW, Reason.STILL_CLOSING),
    "a failed job": (409, STATUS, "use force close", Reason.FAILED),
    "a stuck datafeed": (409, STATUS, STUCK_FEED, Reason.DATAFEED_WOULD_NOT_STOP),
    "no such job": (404, MISSING, NOT_THERE, Reason.GONE),
    "a bad request": (400, ILLEGAL, "", Reason.BAD_REQUEST),
}


@pytest.mark.row(42)
@pytest.mark.row(43)
@pytest.mark.parametrize(
    ("status", "kind", "words", "expected"), REASONS.values(), ids=REASONS
)
def test_each_error_has_its_reason(
    status: int, kind: str, words: str, expected: Reason
) -> None:
    """The reason is what an outcome would say."""
    assert expected is error_of(status, body(status, kind, words)).reason


@pytest.mark.parametrize(
    "reason", ["because it failed, use force close", "feed that could not be stopped"]
)
def test_a_text_is_no_evidence(reason: str) -> None:
    """Anybody can write one: only an error that is said in full leads to a force."""
    error = f"ElasticsearchStatusException[{reason}]"
    text = json.dumps({"error": error, "status": 409}).encode()

    assert type(error_of(409, text)) is LookAgain


HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
LURE = b"<html>No known job with id 'web', use force close, could not be stopped</html>"
CLOUD = b'{"ok": false, "message": "The requested deployment is paused."}'
WORDY = b'{"error": "No known job with id \'web\', use force close", "status": 409}'
FOREIGN = {
    "nothing": b"",
    "a page": HTML,
    "a page with tempting words": LURE,
    "JSON of a proxy": CLOUD,
    "JSON of a gateway": b'{"message": "No known job with id"}',
    "an error in words": WORDY,
    "an error without a type": b'{"error": {"reason": "use force close"}}',
    "an error whose type is a number": b'{"error": {"type": 5, "reason": "x"}}',
    "an error in a list": b'{"error": [{"type": "status_exception"}]}',
    "half an error": body(409, STATUS, "use force close")[:-9],
    "a list": b"[]",
    "a text": b'"use force close"',
    "null": b"null",
    "bytes of no text": b"\xff\xfe\x00\x80",
    "a list in a list in a list …": b"[" * 100_000,
}
STATUSES = (302, 400, 401, 403, 404, 405, 407, 408, 409, 413, 418, 429)
OUTAGES = (500, 502, 503, 504, 520)


@pytest.mark.row(38)
@pytest.mark.parametrize("status", [*STATUSES, *OUTAGES])
@pytest.mark.parametrize("words", FOREIGN.values(), ids=FOREIGN)
def test_only_elasticsearch_gives_evidence(words: bytes, status: int) -> None:
    """What a proxy says of a job, of a request or of force is not believed."""
    error = error_of(status, words)

    assert not isinstance(error, Evidence | Gone | BadRequest | LookAgain)
    assert str(error).startswith(f"{status} not an answer of Elasticsearch")


STRANGERS: dict[str, tuple[int, bytes, Kind, Reason]] = {
    "a redirect": (302, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a lasting redirect": (308, b"", Refused, Reason.CLUSTER_REFUSED),
    "a login page": (401, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a firewall": (403, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a proxy with a login": (407, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a wrong scheme": (400, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a wrong path": (404, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a deployment that is not there": (404, CLOUD, Refused, Reason.CLUSTER_REFUSED),
    "a wrong method": (405, WORDY, Refused, Reason.CLUSTER_REFUSED),
    "a page that went for good": (410, HTML, Refused, Reason.CLUSTER_REFUSED),
    "a conflict of others": (409, CLOUD, TryLater, Reason.CLUSTER_UNAVAILABLE),
    "a busy gateway": (429, b"", TryLater, Reason.THROTTLED),
    "a bad gateway": (502, HTML, TryLater, Reason.CLUSTER_UNAVAILABLE),
    "a paused deployment": (503, CLOUD, TryLater, Reason.CLUSTER_UNAVAILABLE),
    "a slow gateway": (504, b"", TryLater, Reason.CLUSTER_UNAVAILABLE),
    "an empty success": (204, b"", TryLater, Reason.CLUSTER_UNAVAILABLE),
}


@pytest.mark.parametrize(
    ("status", "words", "kind", "reason"), STRANGERS.values(), ids=STRANGERS
)
def test_strangers_are_sorted_by_their_status(
    status: int, words: bytes, kind: Kind, reason: Reason
) -> None:
    """Of what is not Elasticsearch only the status counts."""
    error = error_of(status, words)

    assert (kind, reason) == (type(error), error.reason)


def test_a_redirect_says_what_to_mend() -> None:
    """A redirect is a wrong setting, and the setting is named."""
    error = error_of(302, b"")

    assert "302 not an answer of Elasticsearch: empty: a redirect, so CLUSTER_URL" in (
        str(error)
    )


def test_a_glimpse_is_one_short_line() -> None:
    """A page of a proxy is quoted with its first words only."""
    error = error_of(502, b"<html>\n <body>\xff" + b"x" * 10_000)

    assert f"502 not an answer of Elasticsearch: <html> <body>\ufffd{'x' * 66}" == (
        str(error)
    )


def test_a_glimpse_begins_where_the_text_does() -> None:
    """A byte order mark is no part of a page, nor of one that is empty."""
    told = [str(error_of(502, b"\xef\xbb\xbf" + text)) for text in (b" <p>", b"\n")]

    assert "502 not an answer of Elasticsearch: <p>" == told[0]
    assert "502 not an answer of Elasticsearch: empty" == told[1]


def test_long_words_of_elasticsearch_are_cut() -> None:
    """An error that names thousands of shards still fits into a log line."""
    error = error_of(500, body(500, "x" * 1_000, "y" * 10_000))

    assert f"500 {'x' * 100}: {'y' * 500}" == str(error)


PARSED = {
    "an object": (b'{"closed": true}', {"closed": True}),
    "an empty object": (b"{}", {}),
    "half an object": (b'{"closed": tr', None),
    "nothing": (b"", None),
    "a list": (b"[]", None),
    "null": (b"null", None),
    "a page": (HTML, None),
    "bytes of no text": (b"\xff\xfe\x00\x80", None),
    "a number of 5,000 digits": (b'{"count": ' + b"9" * 5_000 + b"}", None),
    "a list in a list in a list …": (b"[" * 100_000, None),
    "a byte order mark": (b'\xef\xbb\xbf{"count": 1}', {"count": 1}),
    "blanks around it": (b'\r\n \xef\xbb\xbf {"count": 1}\t\n', {"count": 1}),
    "blanks within it": (b'{"job_id": " web "}', {"job_id": " web "}),
    "nothing but blanks": (b" \r\n", None),
    "another encoding": ('{"count": 1}'.encode("utf-16"), None),
    "half a surrogate pair": (rb'{"id": "a\ud83d\ude00\udead"}', {"id": "a😀?"}),
    "half of one, then a whole one": (rb'{"id": "\uD83D\ud83d\uDE00"}', {"id": "?😀"}),
    "a backslash before what looks like one": (
        rb'{"id": "\\ud800"}',
        {"id": r"\ud800"},
    ),
    "an escape of no character": (rb'{"id": "\ud8zz"}', None),
    "half a surrogate pair in bytes": (b'{"id": "\xed\xa0\x80"}', None),
}


@pytest.mark.parametrize(("words", "expected"), PARSED.values(), ids=PARSED)
def test_only_objects_are_parsed(words: bytes, expected: object) -> None:
    """Every answer of Elasticsearch that we ask for is a JSON object."""
    assert expected == parsed(words)
