"""What an HTTP answer means: from status and body to the tree of errors; pure.

Proxies answer too, with HTML or JSON of their own, so only Elasticsearch's own words
count as evidence, as a missing job or as a bad request. The reasons are quoted from the
server's source (2021 and 2025 alike where not said otherwise).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    DatafeedWouldNotStop,
    Gone,
    JobFailed,
    LookAgain,
    Refused,
    TryLater,
    redacted,
)
from idle_jobs.fields import dig
from idle_jobs.reasons import Reason

# A pair of surrogates, half of one, or any other escape: a backslash's, say, which what
# looks like one may follow.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

LOOKED_AT = 4_096  # Of an answer that is no good, as far as it may be told of.


def parsed(body: bytes) -> Mapping[str, Any] | None:
    """Return the body as a JSON object, None if it is anything else.

    Half a surrogate pair, which JSON can write and no encoding can, becomes a `?`.
    """
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(_ESCAPE.sub(_whole, text))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(escape: re.Match[str]) -> str:
    return "?" if escape[1] else escape[0]


def error_of(status: int, body: bytes) -> ClusterError:
    """Return what an answer other than 200 asks the caller to do."""
    kind, reason = _elasticsearchs_words(body)
    detail = f"{status} {kind}: {reason}" if kind else f"{status} {glimpse(body)}"
    if status in (401, 403, 407):
        return Refused(detail)
    if 300 <= status < 400:
        return Refused(f"{detail}: a redirect, so CLUSTER_URL is not the cluster")
    if status == 429:
        return _throttled(reason, detail)
    if status == 404:
        return _missing(kind, reason, detail)
    if status == 409 and kind:
        return _conflict(reason, detail)
    if status == 400 and kind:
        return BadRequest(detail)
    if "Timed out when waiting for persistent tasks" in reason:
        return LookAgain(detail)
    if status == 500 and kind:
        return TryLater(detail, Reason.SERVER_ERROR)
    return TryLater(detail)


def _throttled(reason: str, detail: str) -> ClusterError:
    if "upgrade mode is enabled" in reason:
        return TryLater(detail, Reason.UPGRADE_MODE)
    return TryLater(detail, Reason.THROTTLED)


def _missing(kind: str, reason: str, detail: str) -> ClusterError:
    if kind != "resource_not_found_exception":
        return TryLater(detail)
    if reason.startswith(("No known job with id", "No datafeed with id")):
        return Gone(detail)
    # "the task with id …": it vanished between two steps of the close: likely closed.
    return LookAgain(detail)


def _conflict(reason: str, detail: str) -> ClusterError:
    if "could not be stopped" in reason or "hasn't been stopped" in reason:
        return DatafeedWouldNotStop(detail)
    if "use force close" in reason:
        return JobFailed(detail)
    return LookAgain(detail)


def _elasticsearchs_words(body: bytes) -> tuple[str, str]:
    error = (parsed(body) or {}).get("error")
    kind, reason = dig(error, "type"), dig(error, "reason")
    if not isinstance(kind, str):
        return "", ""
    told = redacted(reason[:LOOKED_AT]) if isinstance(reason, str) else ""
    return kind[:100], told[:500]


def glimpse(body: bytes) -> str:
    """Return the beginning of what no answer should be, without credentials."""
    text = " ".join(body[:LOOKED_AT].decode("utf-8", "replace").split())
    return f"not an answer of Elasticsearch: {redacted(text)[:80] or 'empty'}"
