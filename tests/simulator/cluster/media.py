"""Media types, and how a body is written."""

import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulator.cluster.errors import ClusterError, RoutingError
from simulator.cluster.wire import Request

_VERSIONED = re.compile(
    r"application/vnd\.elasticsearch\+(?:x-nd)?json\s*;\s*compatible-with=(\d+)",
    re.IGNORECASE,
)
_READABLE = ("application/json", "application/vnd.elasticsearch+json")

_LINES = ("application/x-ndjson", "application/vnd.elasticsearch+x-ndjson")
BUILD = "8aa461beb06aa0417a231c345a1b8c38fb498a0d"


def answer_type(request: Request, version: str) -> str:
    """Choose the answer's media type: what was asked for comes back."""
    major = int(version.split(".", maxsplit=1)[0])
    for name in ("accept", "content-type"):
        match = _VERSIONED.match(request.header(name) or "")
        if not match:
            continue
        # A server speaks its own version and, since 8, the one before.
        if int(match[1]) not in {major, max(major - 1, 7)}:
            reason = f"Invalid media-type value on headers [{name.title()}]"
            raise ClusterError(400, "media_type_header_exception", reason)
        kind = "application/vnd.elasticsearch+json"
        return f"{kind};compatible-with={match[1]}"
    return plain_type(version)


def plain_type(version: str) -> str:
    """Return the media type that nobody had to ask for."""
    return f"application/json{'; charset=UTF-8' if version.startswith('7.') else ''}"


def warning(version: str, texts: Sequence[str]) -> dict[str, str]:
    """Write the header that warns of deprecated uses, if there are any."""
    written = [f'299 Elasticsearch-{version}-{BUILD} "{text}"' for text in texts]
    return {"Warning": ", ".join(written)} if written else {}


def check_content_type(request: Request, *, lines: bool = False) -> None:
    """Refuse a body that is not said to be JSON, or JSON in lines."""
    given = request.header("content-type")
    if not request.body:
        return
    if given is None:
        raise RoutingError(406, "Content-Type header [] is not supported")
    if not given.lower().startswith(_READABLE + (_LINES if lines else ())):
        raise RoutingError(406, f"Content-Type header [{given}] is not supported")


def unpacked(request: Request) -> Request:
    """Unpack a body that came compressed."""
    if request.header("content-encoding") != "gzip":
        return request
    try:
        return replace(request, body=gzip.decompress(request.body))
    except (EOFError, zlib.error, OSError):
        reason = "the body is not in gzip format"
        raise ClusterError(400, "illegal_argument_exception", reason) from None


def write(body: object, query: Mapping[str, str]) -> bytes:
    """Write JSON; sections that nobody asked to leave out are worked out here."""
    if query.get("pretty", "false") in {"", "true"}:
        return json.dumps(body, default=_call, indent=2).encode() + b"\n"
    return json.dumps(body, default=_call, separators=(",", ":")).encode()


def _call(section: object) -> object:
    if not callable(section):
        raise TypeError(f"not for JSON: {section!r}")
    return section()
