"""Reads the body of an HTTP request off its connection, by length or in chunks."""

from email.message import Message
from io import BufferedIOBase

# `http.max_content_length`: 100mb.
LONGEST_BODY = 100 * 2**20
_LONGEST_LINE = 8192


class BodyRefused(Exception):
    """A body that is not read; the connection is of no more use after it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read_body(stream: BufferedIOBase, headers: Message) -> bytes | None:
    """Read the body; None if the client went away before its end."""
    coding = headers.get("transfer-encoding", "identity").strip().lower()
    if coding == "chunked":
        return _read_chunks(stream)
    if coding != "identity":
        raise BodyRefused(400, f"transfer-encoding [{coding}] is not supported")
    length = _number(headers.get("content-length", "0").strip(), 10)
    check_length(length)
    body = stream.read(length)
    return body if len(body) == length else None


def check_length(length: int) -> None:
    """Refuse a body that is too long, before it is sent where the client waits."""
    if length > LONGEST_BODY:
        raise BodyRefused(413, f"the body is longer than {LONGEST_BODY} bytes")


def _read_chunks(stream: BufferedIOBase) -> bytes | None:
    body = b""
    while line := stream.readline(_LONGEST_LINE):
        length = _number(line.decode("latin-1").partition(";")[0].strip(), 16)
        check_length(len(body) + length)
        if length == 0:
            return body if _read_trailer(stream) else None
        chunk = stream.read(length + 2)
        if len(chunk) < length + 2:
            return None
        if not chunk.endswith(b"\r\n"):
            raise BodyRefused(400, "a chunk does not end where it says")
        body += chunk[:-2]
    return None


def _read_trailer(stream: BufferedIOBase) -> bool:
    while line := stream.readline(_LONGEST_LINE):
        if not line.strip():
            return True
    return False


def _number(text: str, base: int) -> int:
    if not text.isascii() or not text.isalnum():
        raise BodyRefused(400, f"[{text:.20}] is no length")
    try:
        return int(text, base)
    except ValueError:
        raise BodyRefused(400, f"[{text:.20}] is no length") from None
