"""Bodies: which are read, and in which form an answer is written."""

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from standin.cluster.errors import ClusterError, RoutingError
from standin.cluster.media_type import MediaType, check_versions, read_media_type
from standin.cluster.wire import Request
from standin.cluster.yaml_text import write_yaml

_VENDOR = "application/vnd.elasticsearch+"
_JSON, _YAML = "application/json", "application/yaml"
_LINES = ("application/x-ndjson", f"{_VENDOR}x-ndjson")
_READABLE = (_JSON, f"{_VENDOR}json")
# Which form a media type is written in.
_FORMS = {
    **dict.fromkeys((*_READABLE, *_LINES), "json"),
    **dict.fromkeys((_YAML, f"{_VENDOR}yaml"), "yaml"),
}
BUILD = "8aa461beb06aa0417a231c345a1b8c38fb498a0d"
TEXT = "text/plain; charset=UTF-8"


@dataclass(frozen=True)
class Form:
    """How an answer is written; `chosen` says that the client named the form."""

    form: str
    content_type: str
    chosen: bool = False

    def write(self, body: object, query: Mapping[str, str]) -> bytes:
        """Write a body; sections that nobody asked to leave out are worked out here."""
        if self.form == "yaml":
            return write_yaml(body).encode()
        if query.get("pretty", "false") in {"", "true"}:
            return json.dumps(body, default=_call, indent=2).encode() + b"\n"
        return _plainly(body).encode()


def answer_form(request: Request, query: Mapping[str, str], version: str) -> Form:
    """Choose the form: `format`, else what is accepted, else what came, else JSON.

    Source: AbstractRestChannel of version 7; versions are checked before. CBOR and
    SMILE, which nobody reads here, are as unknown as any other name.
    """
    major = int(version.split(".", maxsplit=1)[0])
    accept = read_media_type(request, "Accept")
    content = read_media_type(request, "Content-Type")
    check_versions(accept, content, bool(request.body), major)
    wanted = query.get("format", "").lower()
    if wanted in _FORMS.values():
        return Form(wanted, _plain(wanted, version), chosen=True)
    spoken = (accept and accept.version) or major
    for kind in (accept, content):
        if kind and kind.name in _FORMS:
            told = _told(kind, spoken, version)
            return Form(_FORMS[kind.name], told, chosen=kind is accept)
    return plain_form(version)


@cache
def plain_form(version: str) -> Form:
    """Return the form that nobody had to ask for."""
    return Form("json", _plain("json", version))


def _plain(form: str, version: str) -> str:
    old = form == "json" and version.startswith("7.")
    return f"application/{form}{'; charset=UTF-8' if old else ''}"


def _told(kind: MediaType, spoken: int, version: str) -> str:
    form = _FORMS[kind.name]
    if kind.name.startswith(_VENDOR):
        return f"{_VENDOR}{form};compatible-with={spoken}"
    return _plain(form, version)


def warning(version: str, texts: Sequence[str]) -> dict[str, str]:
    """Write the header that warns of deprecated uses, if there are any."""
    written = [f'299 Elasticsearch-{version}-{BUILD} "{text}"' for text in texts]
    return {"Warning": ", ".join(written)} if written else {}


def check_content_type(request: Request, *, lines: bool = False) -> None:
    """Refuse a body that is not said to be JSON, or JSON in lines.

    A header that is not there is shown as an empty one, for the server's map of
    headers holds an empty list then; so did 7.12 answer.
    """
    if not request.body:
        return
    given = request.header("content-type") or ""
    if not (is_json(given) or (lines and given.lower().startswith(_LINES))):
        raise RoutingError(406, f"Content-Type header [{given}] is not supported")


def is_json(kind: str) -> bool:
    """Say whether a media type is one of JSON."""
    return kind.lower().startswith(_READABLE)


def unpacked(request: Request) -> Request:
    """Unpack a body that came compressed."""
    if request.header("content-encoding") != "gzip":
        return request
    try:
        return replace(request, body=gzip.decompress(request.body))
    except (EOFError, zlib.error, OSError):
        reason = "the body is not in gzip format"
        raise ClusterError(400, "illegal_argument_exception", reason) from None


def _call(section: object) -> object:
    if not callable(section):
        raise TypeError(f"not for JSON: {section!r}")
    return section()


_plainly = json.JSONEncoder(default=_call, separators=(",", ":")).encode
