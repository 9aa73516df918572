"""The shell reads requests as HTTP has them, and refuses in JSON what is none."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from standin.cluster import API_KEY, Cluster, serve

KEY = f"Authorization: ApiKey {API_KEY}\r\nContent-Type: application/json\r\n"
PUT = f"PUT /logs HTTP/1.1\r\n{KEY}"
CHUNKED = f"{PUT}Transfer-Encoding: chunked\r\n"
CLOSE = "Connection: close\r\n"


def exchange(cluster: Cluster, sent: str) -> str:
    """Send raw text to a cluster; return all that comes back until it hangs up."""
    with serve(cluster) as url:
        host = urlsplit(url)
        with socket.create_connection((host.hostname or "", host.port or 0)) as line:
            line.settimeout(5)
            line.sendall(sent.encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()


@pytest.mark.parametrize("chunks", ["2\r\n{}\r\n", "1;x=y\r\n{\r\n1\r\n}\r\n"])
def test_chunks(chunks: str) -> None:
    """A body in chunks is put together, whatever extensions and trailers say."""
    cluster = Cluster()

    told = exchange(cluster, f"{CHUNKED}{CLOSE}\r\n{chunks}0\r\nx: y\r\n\r\n")

    assert (told.split()[1], cluster.log[0].body) == ("200", b"{}")


def test_expect() -> None:
    """A client that waits for a sign to send its body gets one, then its answer."""
    told = exchange(
        Cluster(), f"{PUT}{CLOSE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}"
    )

    assert told.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_pipelined() -> None:
    """Requests sent at once are answered one after the other, in their order."""
    first, last = (f"GET {path} HTTP/1.1\r\n{KEY}" for path in ("/", "/none/such"))

    told = exchange(Cluster(), f"{first}\r\n{last}{CLOSE}\r\n")

    assert told.count("HTTP/1.1 ") == 2
    assert told.index("You Know") < told.index("no handler found")


def test_old_client() -> None:
    """A client of HTTP/1.0 is answered, and its connection ends there."""
    told = exchange(Cluster(), f"GET / HTTP/1.0\r\n{KEY}\r\n")

    assert told.startswith("HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/9.9\r\n\r\n", 505),
        ("GET / and more HTTP/1.1\r\n\r\n", 400),
        (f"BREW / HTTP/1.1\r\n{KEY}\r\n", 501),
        (f"{PUT}Content-Length: 104857601\r\n\r\n", 413),
        (f"{PUT}Content-Length: -3\r\n\r\n", 400),
        (f"{PUT}Transfer-Encoding: br\r\n\r\n", 400),
        (f"{CHUNKED}\r\nzz\r\n", 400),
        (f"{CHUNKED}\r\n2\r\n{{}}xx", 400),
        (f"{CHUNKED}\r\n6400001\r\n", 413),
    ],
)
def test_no_request(sent: str, status: int) -> None:
    """What is no request is refused with its status in JSON, and never reached."""
    cluster = Cluster()

    head, _, body = exchange(cluster, sent).partition("\r\n\r\n")

    assert head.startswith(f"HTTP/1.1 {status} ")
    assert (json.loads(body)["status"], cluster.log) == (status, [])


@pytest.mark.parametrize(
    "sent", [f"{PUT}Content-Length: 9\r\n\r\n{{}}", f"{CHUNKED}\r\n9\r\n{{}}"]
)
def test_cut_body(sent: str) -> None:
    """A client that goes away within its body has asked nothing."""
    cluster = Cluster()

    with serve(cluster) as url:
        host = urlsplit(url)
        with socket.create_connection((host.hostname or "", host.port or 0)) as line:
            line.sendall(sent.encode())
            line.shutdown(socket.SHUT_WR)
            told = line.recv(100)

    assert (told, cluster.log) == (b"", [])
