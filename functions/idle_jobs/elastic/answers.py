"""What an HTTP answer means: from status and body to the tree of errors; pure.

Proxies answer too, with HTML or JSON of their own, so only Elasticsearch's own words
count as evidence, as a missing job or as a bad request. What the same request would be
told again is refused at once. The reasons are quoted from the server's source (2021 and
2025 alike where not said otherwise).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from idle_jobs.elastic.causes import LOOKED_AT, NOT_ON_SERVERLESS, Words, words_of
from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    DatafeedWouldNotStop,
    Gone,
    JobFailed,
    LookAgain,
    NotOnServerless,
    Refused,
    TryLater,
    redacted,
)
from idle_jobs.reasons import Reason
from idle_jobs.texts import decoded, tidy

# A pair of surrogates, half of one, or any other escape: a backslash's, say, which what
# looks like one may follow.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

NO_SUCH_API = (
    "this Elasticsearch has no machine learning API (it is switched off, the OSS build "
    "or OpenSearch), or CLUSTER_URL has a wrong path"
)
NOT_THE_CLUSTER = (
    "CLUSTER_URL may lead to something else, or a proxy does not let this call through"
)
SLOW = "Timed out when waiting for persistent tasks"

# Statuses from 400 to 499 that may be another one when it is asked again.
_PASSING = frozenset({404, 408, 409, 425})
_SEARCH = "search_phase_execution_exception"
# What is behind a failed search of its own and goes on until a person ends it.
_FOR_A_PERSON = frozenset({"index_closed_exception", "security_exception"})


def parsed(body: bytes) -> Mapping[str, Any] | None:
    """Return the body as a JSON object, None if it is anything else.

    It is read by the rule of `texts`. Half a surrogate pair, which JSON can write and
    no encoding can, becomes a `?`: a cluster's answer cannot be sent back.
    """
    try:
        value = json.loads(_ESCAPE.sub(_whole, decoded(body)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(escape: re.Match[str]) -> str:
    return "?" if escape[1] else escape[0]


def error_of(status: int, body: bytes) -> ClusterError:
    """Return what an answer other than 200 asks the caller to do."""
    words = words_of(status, parsed(body))
    detail = f"{status} {words or excerpt(body)}"
    if 300 <= status < 400:
        return Refused(f"{detail}: a redirect, so CLUSTER_URL is not the cluster")
    if status in (401, 403, 407):
        return Refused(detail)
    if status == 429:
        return _throttled(words, detail)
    if 400 <= status < 500 and status not in _PASSING:
        return _never(status, words, detail)
    if status == 404:
        return _missing(words, detail)
    if status == 409 and words:
        return _conflict(words, detail)
    return _failed(status, words, detail)


def _throttled(words: Words, detail: str) -> ClusterError:
    if _upgrade_mode(words):
        return TryLater(detail, Reason.UPGRADE_MODE)
    return TryLater(detail, Reason.THROTTLED)


def _upgrade_mode(words: Words) -> bool:
    return any("upgrade mode is enabled" in reason for reason in words.reasons)


def _never(status: int, words: Words, detail: str) -> ClusterError:
    """Sort what the same request would be told again."""
    if words.kind == NOT_ON_SERVERLESS:
        return NotOnServerless(detail)
    if words.unrouted:
        return Refused(f"{detail}: {NO_SUCH_API}")
    if not words:
        return Refused(f"{detail}: {NOT_THE_CLUSTER}")
    # Its own searches say what is wrong with its indices, not with the request.
    if status == 400 and not words.plain and words.kind != _SEARCH:
        return BadRequest(detail)
    return Refused(detail)


def _missing(words: Words, detail: str) -> ClusterError:
    if words.kind == NOT_ON_SERVERLESS:
        return NotOnServerless(detail)
    if not words:
        return Refused(f"{detail}: {NOT_THE_CLUSTER}")
    if words.kind != "resource_not_found_exception":
        return TryLater(detail)
    if words.reason.startswith(("No known job with id", "No datafeed with id")):
        return Gone(detail, missing=_named(words.reason))
    # "the task with id …": it vanished between two steps of the close: likely closed.
    return LookAgain(detail)


def _named(reason: str) -> tuple[str, ...]:
    # No known job with id 'a,b'; No datafeed with id [a,b] exists.
    ids = re.search(r"with id (?:'(.*)'|\[(.*)\] exists)", reason)
    return tuple((ids[1] or ids[2] or "").split(",")) if ids else ()


def _conflict(words: Words, detail: str) -> ClusterError:
    # Evidence for a force is said in full, and by no cause of something else.
    reason = "" if words.plain else words.reason
    if "could not be stopped" in reason or "hasn't been stopped" in reason:
        return DatafeedWouldNotStop(detail)
    if "use force close" in reason:
        return JobFailed(detail)
    return LookAgain(detail)


def _failed(status: int, words: Words, detail: str) -> ClusterError:
    if any(SLOW in reason for reason in words.reasons):
        return LookAgain(detail)
    if _upgrade_mode(words):
        return TryLater(detail, Reason.UPGRADE_MODE)
    # Jobs are searched for before a close is issued: no close goes on then.
    kinds = {words.kind, *(kind for kind, _ in words.causes)}
    if _SEARCH in kinds and kinds & _FOR_A_PERSON:
        return Refused(detail)
    if status == 500 and words:
        return TryLater(detail, Reason.SERVER_ERROR)
    return TryLater(detail)


def no_object(path: str, body: bytes) -> ClusterError:
    """Sort a 200 without a JSON object: cut off on its way, or somebody else's page."""
    text, detail = _beginning(body), f"{path}: {excerpt(body)}"
    if not text or text.startswith("{"):
        return TryLater(detail)
    return Refused(f"{detail}: {NOT_THE_CLUSTER}")


def not_the_cluster(what: str, expected: str, answer: Mapping[str, Any]) -> Refused:
    """Return the refusal of a 200 that lacks what Elasticsearch always says."""
    fields = redacted(", ".join(answer))[:80] or "none"
    why = f"{what}: expected the field {expected}, got {fields}"
    return Refused(f"{why}: {NOT_THE_CLUSTER}")


def excerpt(body: bytes) -> str:
    """Return the beginning of what no answer should be, without credentials."""
    text = " ".join(_beginning(body).split())
    return f"not an answer of Elasticsearch: {redacted(text)[:80] or 'empty'}"


def _beginning(body: bytes) -> str:
    return tidy(body[:LOOKED_AT].decode("utf-8", "replace"))
