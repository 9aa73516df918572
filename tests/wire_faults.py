"""What may go wrong between a request and its answer, in bytes and pauses."""

import zlib
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat

from idle_jobs.errors import (
    ClusterError,
    LookAgain,
    NotReached,
    Refused,
    TryLater,
    Unanswered,
)
from standin.raw_server import Act, Script, Step

Branch = type[ClusterError] | None

CLOSED = b'{"closed": true}'
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MANY = 100 * 1024 * 1024  # bytes
READ, RESET, HOLD = Act.READ, Act.RESET, Act.HOLD


@dataclass(frozen=True)
class Fault:
    """A script and what a close must make of it: a branch, or a whole answer (None).

    `seconds` is how long an answer may take and `connect` a handshake, both of which no
    machine may be too slow for unless it is what they fail by. `trust` is which
    certificate is shown: one that is known (`known`), `unknown`, `elsewhere` or
    `expired`; none without TLS.
    """

    script: Script
    branch: Branch
    seconds: float = 5
    trust: str = ""
    connect: float = 5


def says(*steps: Step) -> Script:
    """Return a script that reads the request and then goes on."""
    return lambda: [READ, *steps]


def answers(body: bytes, head: bytes = OK, length: object = None) -> Script:
    """Return a script of one answer."""
    told = len(body) if length is None else length
    return says(head + f"Content-Length: {told}\r\n\r\n".encode() + body)


def trickles(quick: bytes, slow: bytes) -> Script:
    """Return a script whose second part comes a byte at a time, each one in time."""
    return lambda: chain(
        [READ, quick], *((0.02, slow[n : n + 1]) for n in range(len(slow)))
    )


def for_ever(quick: bytes, part: bytes) -> Script:
    """Return a script that does not end."""
    return lambda: chain([READ, quick], repeat(part))


def redirect(status: int, location: bytes = b"http://127.0.0.1:1/") -> Script:
    """Return a script of a redirect."""
    head = f"HTTP/1.1 {status} X\r\nLocation: ".encode()
    return answers(b"", head + location + b"\r\n")


@cache
def bomb() -> bytes:
    """Return 100 MB as 100 kB of gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(bytes(MANY)) + packer.flush()


def flood(head: bytes) -> Script:
    """Return a script of 100 MB behind a head."""
    length = f"Content-Length: {MANY}\r\n\r\n".encode()
    return lambda: chain([READ, head + length], repeat(bytes(2**20), 100))


GZIP = OK + b"Content-Encoding: gzip\r\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\n"
SLOW = b"x" * 600  # Twelve seconds.
SHORT = 0.15  # Seconds: nothing else ends what is silent or goes on.
MUCH = b"x" * 60_000  # As much as a line may hold, so that what keeps it is seen.
# One byte of an answer each: 64 kB of those, which are too many, would be gigabytes.
THIN_CHUNK = b"1;" + MUCH + b"\r\n \r\n"
TWO_LENGTHS = OK + b"Content-Length: 16\r\nContent-Length: 5\r\n\r\n" + CLOSED
RECORD = b"\x16\x03\x03\x40\x00"  # The head of a TLS record of 16 kB.

CUTS = {
    "reset before the request": Fault(lambda: [RESET], TryLater),
    "reset after the request": Fault(says(RESET), TryLater),
    "cut after the request": Fault(says(), TryLater),
    "cut in the status line": Fault(says(b"HTTP/1.1 2"), TryLater),
    "cut in the headers": Fault(says(OK + b"Content-Le"), LookAgain),
    "cut in the body": Fault(answers(CLOSED, length=99), TryLater),
    "half a JSON": Fault(answers(CLOSED[:9]), LookAgain),
}
ENDLESS = {
    "endless 100 Continue": for_ever(
        b"", b"HTTP/1.1 100 Continue\r\nX: " + MUCH + b"\r\n\r\n"
    ),
    "chunks without end": for_ever(CHUNKED, THIN_CHUNK),
    "trailers without end": for_ever(CHUNKED + b"0\r\n", b"X: " + MUCH + b"\r\n"),
}
SILENCES = {
    name: Fault(script, Unanswered, SHORT)
    for name, script in {
        "no answer": says(HOLD),
        "a trickled status line": trickles(b"", b"HTTP/1.1 200 " + SLOW),
        "a trickled header": trickles(OK, b"X-Slow: " + SLOW),
        "a trickled body": trickles(OK + b"Content-Length: 600\r\n\r\n", SLOW),
        "a length too long": says(OK + b"Content-Length: 99\r\n\r\n", HOLD),
        **ENDLESS,
    }.items()
}
LENGTHS = {
    "a length too short": Fault(answers(CLOSED, length=5), LookAgain),
    "a negative length": Fault(answers(CLOSED, length=-1), None),
    "a length that is no number": Fault(answers(CLOSED, length="x"), None),
    "two lengths": Fault(says(TWO_LENGTHS), TryLater),
}
FLOODS = {
    "100 MB": Fault(flood(OK), TryLater, 20),
    "100 MB out of 100 kB": Fault(lambda: answers(bomb(), GZIP)(), TryLater, 20),  # noqa: PLW0108 - packed when it is first sent
    "a redirect with 100 MB": Fault(
        flood(b"HTTP/1.1 302 X\r\nLocation: /\r\n"), TryLater, 20
    ),
    "big chunks without end": Fault(
        for_ever(CHUNKED, b"10000\r\n" + bytes(65_536) + b"\r\n"), TryLater, 20
    ),
    "headers without end": Fault(for_ever(OK, b"X: y\r\n"), TryLater),
    "a header line without end": Fault(for_ever(OK + b"X: ", b"y" * 65_536), TryLater),
    "a chunk size without end": Fault(for_ever(CHUNKED, b"0" * 65_536), TryLater),
}
ODDITIES = {
    "early hints alone": Fault(says(b"HTTP/1.1 103 X\r\n\r\n"), TryLater),
    "HTTP/1.0": Fault(says(b"HTTP/1.0 200 OK\r\n\r\n" + CLOSED), None),
    "HTTP/0.9": Fault(says(CLOSED), TryLater),
    "a page in latin-1": Fault(
        answers("<p>Füße".encode("latin-1"), BAD_GATEWAY), TryLater
    ),
    "a page of no text": Fault(answers(b"\xff\xfe\x00\x80", BAD_GATEWAY), TryLater),
    "a page that is none": Fault(answers(b"\xff\xfe\x00\x80"), LookAgain),
    "a byte order mark": Fault(answers(b"\xef\xbb\xbf" + CLOSED), None),
    "gzip that is none": Fault(answers(CLOSED, GZIP), TryLater),
    "half a gzip": Fault(
        answers(zlib.compress(CLOSED, wbits=31)[:15], GZIP), LookAgain
    ),
}
REDIRECTS = {
    f"a redirect {status}": Fault(redirect(status), Refused)
    for status in (301, 302, 303, 307, 308)
} | {
    "a redirect to no URL": Fault(redirect(302, b"http://[::1"), Refused),
    "a redirect in latin-1": Fault(redirect(302, b"/f\xfc\xdfe"), Refused),
}
TLS = {
    "a stalled handshake": Fault(
        lambda: [HOLD, HOLD], NotReached, SHORT, "none", SHORT
    ),
    "a trickled handshake": Fault(
        lambda: chain([RECORD], *((0.02, b"x") for _ in range(600))),
        NotReached,
        SHORT,
        "none",
        SHORT,
    ),
    "a handshake that is cut": Fault(list, NotReached, trust="none"),
    "a handshake that is reset": Fault(lambda: [HOLD, RESET], NotReached, trust="none"),
    "plain HTTP": Fault(lambda: [OK], Refused, trust="none"),
    "an unknown issuer": Fault(list, Refused, trust="unknown"),
    "another host's name": Fault(list, Refused, trust="elsewhere"),
    "an expired certificate": Fault(list, Refused, trust="expired"),
    "a trusted cut": Fault(answers(CLOSED, length=99), TryLater, trust="known"),
    "a trusted silence": Fault(says(HOLD), Unanswered, SHORT, "known"),
    "a trusted trickle": Fault(trickles(OK, SLOW), Unanswered, SHORT, "known"),
}

FAULTS = CUTS | SILENCES | LENGTHS | FLOODS | ODDITIES | REDIRECTS | TLS
