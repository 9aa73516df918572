"""Media types in headers, and the version of the REST interface that they ask for."""

import re
from dataclasses import dataclass

from standin.cluster.errors import ClusterError, illegal_argument
from standin.cluster.wire import Request

_TOKEN = r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"
_TYPE = re.compile(rf"\s*({_TOKEN}/{_TOKEN})\s*")
_PARAMETER = re.compile(r"\s*([^=]+?)\s*=\s*([^=]+?)\s*")


@dataclass(frozen=True)
class MediaType:
    """A media type as it was sent; `version` is what it asks to be compatible with."""

    name: str
    version: int | None
    sent: str


def read_media_type(request: Request, header: str) -> MediaType | None:
    """Read a header; None where there is none, or one that leaves the choice.

    Source: ParsedMediaType, the same in two stored versions: several types, or any
    type, are no type.
    """
    sent = request.header(header.lower())
    if sent is None or "," in sent or sent == "*/*":
        return None
    name, *parameters = sent.lower().split(";")
    kind = _TYPE.fullmatch(name)
    if kind is None:
        raise _refused(f"invalid media-type [{sent}]", header)
    read: dict[str, str] = {}
    for parameter in filter(str.strip, parameters):
        pair = _PARAMETER.fullmatch(parameter)
        if pair is None:
            raise _refused(f"invalid parameters for header [{sent}]", header)
        read[pair[1]] = pair[2]
    version = read.get("compatible-with")
    if version is not None and not re.fullmatch(r"[0-9]{1,3}", version):
        raise _refused(f'For input string: "{version}"', header)
    return MediaType(kind[1], None if version is None else int(version), sent)


def check_versions(
    accept: MediaType | None, content: MediaType | None, body: bool, major: int
) -> None:
    """Refuse versions that the server does not speak, or that do not go together.

    Source: RestCompatibleVersionHelper, the same in two stored versions. That version 7
    speaks only as itself is assumed.
    """
    lowest = max(major - 1, 7)
    versions = {}
    for header, kind in (("Accept", accept), ("Content-Type", content)):
        version = versions[header] = kind.version if kind else None
        asked_for = version is not None and (body or header == "Accept")
        if asked_for and not lowest <= (version or major) <= major:
            raise _both(
                f"{header} version must be either version {major} or {lowest}, but "
                f"found {version}. {header}={_sent(kind)}"
            )
    asked, sent = versions["Accept"], versions["Content-Type"]
    if not body or asked == sent:
        return
    match = " and the compatible versions must match"
    raise _both(
        "A compatible version is required on both Content-Type and Accept headers if "
        "either one has requested a compatible version"
        f"{match if (asked or major) != (sent or major) else ''}. "
        f"Accept={_sent(accept)}, Content-Type={_sent(content)}"
    )


def _sent(kind: MediaType | None) -> str:
    return kind.sent if kind else "null"


def _refused(reason: str, header: str) -> ClusterError:
    return _bad_header(illegal_argument(reason), header)


def _both(reason: str) -> ClusterError:
    cause = ClusterError(400, "status_exception", reason)
    # The server's order of the two differs from start to start.
    return _bad_header(cause, "Accept, Content-Type")


def _bad_header(cause: ClusterError, headers: str) -> ClusterError:
    reason = f"Invalid media-type value on headers [{headers}]"
    return ClusterError(400, "media_type_header_exception", reason, caused_by=cause)
