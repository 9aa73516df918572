"""Media types, and how a body is written."""

import json
import re
from collections.abc import Mapping

from simulator.cluster.errors import ClusterError, RoutingError
from simulator.cluster.wire import Request

_VERSIONED = re.compile(
    r"application/vnd\.elasticsearch\+json\s*;\s*compatible-with=(\d+)", re.IGNORECASE
)
_READABLE = ("application/json", "application/vnd.elasticsearch+json")


def answer_type(request: Request, version: str) -> str:
    """Choose the answer's media type: what was asked for comes back."""
    major = int(version.split(".", maxsplit=1)[0])
    for name in ("accept", "content-type"):
        match = _VERSIONED.match(request.header(name) or "")
        if not match:
            continue
        # A server speaks its own version and the one before.
        if int(match[1]) not in {major, major - 1}:
            reason = f"Invalid media-type value on headers [{name.title()}]"
            raise ClusterError(400, "media_type_header_exception", reason)
        kind = "application/vnd.elasticsearch+json"
        return f"{kind};compatible-with={match[1]}"
    return "application/json"


def check_content_type(request: Request) -> None:
    """Refuse a body that is not said to be JSON."""
    given = request.header("content-type")
    if not request.body:
        return
    if given is None:
        raise RoutingError(406, "Content-Type header [] is not supported")
    if not given.lower().startswith(_READABLE):
        raise RoutingError(406, f"Content-Type header [{given}] is not supported")


def write(body: object, query: Mapping[str, str]) -> bytes:
    """Write JSON; sections that nobody asked to leave out are worked out here."""
    if query.get("pretty", "false") in {"", "true"}:
        return json.dumps(body, default=_call, indent=2).encode() + b"\n"
    return json.dumps(body, default=_call, separators=(",", ":")).encode()


def _call(section: object) -> object:
    if not callable(section):
        raise TypeError(f"not for JSON: {section!r}")
    return section()
