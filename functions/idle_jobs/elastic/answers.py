"""Turns the status and body of an HTTP answer into one of our errors; pure.

Proxies also answer, with HTML or JSON of their own. So only an error that Elasticsearch
wrote counts as evidence, as a missing job or as a bad request. An error that a retry
would get again becomes `Refused` or `BadRequest`. The texts are those of the source of
Elasticsearch, the same in 2021 and 2025 unless a comment says otherwise.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from idle_jobs.elastic.causes import (
    LOOKED_AT,
    NOT_ON_SERVERLESS,
    ElasticError,
    elastic_error_of,
)
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
    Unanswered,
    redacted,
)
from idle_jobs.reasons import Reason
from idle_jobs.texts import decoded, tidy

# One JSON escape: a surrogate pair, a lone surrogate (group 1), or any other. The last
# keeps an escaped backslash before `ud800` from being read as a surrogate.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

NO_SUCH_API = (
    "this Elasticsearch has no machine learning API (it is disabled, the OSS build or "
    "OpenSearch), or CLUSTER_URL has a wrong path"
)
NOT_THE_CLUSTER = (
    "CLUSTER_URL may not be an Elasticsearch, or a proxy does not let this call through"
)
SLOW = "Timed out when waiting for persistent tasks"

# Statuses from 400 to 499 after which a retry may succeed.
_PASSING = frozenset({404, 408, 409, 425})
_SEARCH = "search_phase_execution_exception"
# Causes of a failed search in Elasticsearch that only a person can remove.
_FOR_A_PERSON = frozenset({"index_closed_exception", "security_exception"})


def parsed(body: bytes) -> Mapping[str, Any] | None:
    """Return the body as a JSON object, None if it is anything else.

    The text is cleaned as `texts` describes. A lone surrogate, which UTF-8 cannot
    encode, becomes a `?`.
    """
    try:
        value = json.loads(_ESCAPE.sub(_whole, decoded(body)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(escape: re.Match[str]) -> str:
    return "?" if escape[1] else escape[0]


def error_of(status: int, body: bytes) -> ClusterError:
    """Return the error for an answer with a status other than 200."""
    error = elastic_error_of(status, parsed(body))
    detail = f"{status} {error or excerpt(body)}"
    if 300 <= status < 400:
        return Refused(f"{detail}: a redirect, so CLUSTER_URL is not the cluster")
    if status in (401, 403, 407):
        return Refused(detail)
    if status == 429:
        return _throttled(error, detail)
    if 400 <= status < 500 and status not in _PASSING:
        return _never(status, error, detail)
    if status == 404:
        return _missing(error, detail)
    if status == 409 and error:
        return _conflict(error, detail)
    return _failed(status, error, detail)


def _throttled(error: ElasticError, detail: str) -> ClusterError:
    if _upgrade_mode(error):
        return TryLater(detail, Reason.UPGRADE_MODE)
    return TryLater(detail, Reason.THROTTLED)


def _upgrade_mode(error: ElasticError) -> bool:
    return any("upgrade mode is enabled" in reason for reason in error.reasons)


def _never(status: int, error: ElasticError, detail: str) -> ClusterError:
    """Return the error for a status that a retry would get again."""
    if error.kind == NOT_ON_SERVERLESS:
        return NotOnServerless(detail)
    if error.unrouted:
        return Refused(f"{detail}: {NO_SUCH_API}")
    if not error:
        return Refused(f"{detail}: {NOT_THE_CLUSTER}")
    # A failed search of Elasticsearch is about its indices, not about the request.
    if status == 400 and not error.plain and error.kind != _SEARCH:
        return BadRequest(detail)
    return Refused(detail)


def _missing(error: ElasticError, detail: str) -> ClusterError:
    if error.kind == NOT_ON_SERVERLESS:
        return NotOnServerless(detail)
    if not error:
        return Refused(f"{detail}: {NOT_THE_CLUSTER}")
    if error.kind != "resource_not_found_exception":
        return TryLater(detail)
    if error.reason.startswith(("No known job with id", "No datafeed with id")):
        return Gone(detail, missing=_named(error.reason))
    # "the task with id …": it ended during the close, so the job is probably closed.
    return LookAgain(detail)


def _named(reason: str) -> tuple[str, ...]:
    # No known job with id 'a,b'; No datafeed with id [a,b] exists.
    ids = re.search(r"with id (?:'(.*)'|\[(.*)\] exists)", reason)
    return tuple((ids[1] or ids[2] or "").split(",")) if ids else ()


def _conflict(error: ElasticError, detail: str) -> ClusterError:
    # Evidence has to be the error itself, with all details, not a cause within it.
    reason = "" if error.plain else error.reason
    if "could not be stopped" in reason or "hasn't been stopped" in reason:
        return DatafeedWouldNotStop(detail)
    if "use force close" in reason:
        return JobFailed(detail)
    return LookAgain(detail)


def _failed(status: int, error: ElasticError, detail: str) -> ClusterError:
    if any(SLOW in reason for reason in error.reasons):
        return Unanswered(detail)
    if _upgrade_mode(error):
        return TryLater(detail, Reason.UPGRADE_MODE)
    # The search comes before the close, so no close has been issued.
    kinds = {error.kind, *(kind for kind, _ in error.causes)}
    if _SEARCH in kinds and kinds & _FOR_A_PERSON:
        return Refused(detail)
    if status == 500 and error:
        return TryLater(detail, Reason.SERVER_ERROR)
    return TryLater(detail)


def no_object(path: str, body: bytes) -> ClusterError:
    """Return the error for a 200 without a JSON object: cut off, or not of the API."""
    text, detail = _beginning(body), f"{path}: {excerpt(body)}"
    if not text or text.startswith("{"):
        return TryLater(detail)
    return Refused(f"{detail}: {NOT_THE_CLUSTER}")


def not_the_cluster(what: str, expected: str, answer: Mapping[str, Any]) -> Refused:
    """Return the error for a 200 without a field that Elasticsearch always sends."""
    fields = redacted(", ".join(answer))[:80] or "none"
    why = f"{what}: expected the field {expected}, got {fields}"
    return Refused(f"{why}: {NOT_THE_CLUSTER}")


def excerpt(body: bytes) -> str:
    """Return the beginning of an unexpected body for a log, without credentials."""
    text = " ".join(_beginning(body).split())
    return f"not an answer of Elasticsearch: {redacted(text)[:80] or 'empty'}"


def _beginning(body: bytes) -> str:
    return tidy(body[:LOOKED_AT].decode("utf-8", "replace"))
