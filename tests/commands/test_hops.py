"""Where a connection fails: a sentence, and what to do about it (U3)."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from certificates import (
    DAY,
    HOST,
    IS_CA,
    Issued,
    authority,
    context_of,
    issue,
    names,
    server,
    write_chain,
)
from commands.running import idle_jobs
from idle_jobs_cli.cluster import target
from standin.cluster import API_KEY, Cluster, serve
from standin.raw_server import Act, RawServer, Script
from wire_faults import answers, redirect

HTML = answers(b"<html><title>Sign in</title></html>")
CA = authority()
LEAF = server(CA)
ALONE = issue("a node", extensions=[names(HOST), IS_CA])
PORTS = "Elasticsearch listens on 9200, Elastic Cloud on 443"


def plan(url: str, *options: str, **variables: str) -> int:
    """Run `idle-jobs plan` on a URL."""
    return idle_jobs("plan", "--url", url, *options, ES_API_KEY=API_KEY, **variables)


@contextmanager
def refusing() -> Iterator[str]:
    """Yield an address at which nothing listens: another may not take its port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines on standard error; nothing is on standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_nothing_listens(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong port (U3)."""
    with refusing() as there:
        assert plan(f"https://{there}") == 1

    assert told(capsys) == [
        f"Error: nothing listens at {there}",
        f"Next: check host and port; {PORTS}",
    ]


def test_the_name_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped host (U3)."""
    assert plan("https://elastic.invalid:9200") == 1

    assert told(capsys) == [
        "Error: the name elastic.invalid is not known to the DNS server",
        "Next: check the spelling, the VPN and the DNS server",
    ]


def test_https_to_a_port_for_http(capsys: pytest.CaptureFixture[str]) -> None:
    """On this machine, the next step is the URL that would work (U3)."""
    with serve(Cluster()) as url:
        assert plan(url.replace("http:", "https:")) == 1

    assert told(capsys) == [
        f"Error: {url.removeprefix('http://')} speaks plain http, not https",
        f"Next: begin the URL with http: {url}",
    ]


def test_http_to_a_port_for_https(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever certificate it has (U3)."""
    tls = context_of(write_chain(tmp_path / "pem", server(CA)))
    with RawServer(HTML, tls) as there:
        assert plan(there.url) == 1

    assert told(capsys) == [
        f"Error: 127.0.0.1:{there.port} speaks https, not plain http",
        f"Next: begin the URL with https: https://127.0.0.1:{there.port}",
    ]


PASS_ITS_CA = (
    "Next: pass its CA: --ca-file (or CA_BUNDLE) here, CaBundle of the stack; or here, "
    "with --fingerprint, the fingerprint of the CA that Elasticsearch prints at its "
    "first start"
)
UNKNOWN = ("the issuer of the certificate of {} is unknown", PASS_ITS_CA)
# What a server shows, whether its CA is given, and what is told.
UNTRUSTED: dict[str, tuple[list[Issued], bool, tuple[str, str]]] = {
    "signed by nobody": ([ALONE], False, UNKNOWN),
    "signed by an unknown CA": ([server(CA)], False, UNKNOWN),
    "signed by an unknown CA, which is shown": ([server(CA), CA], False, UNKNOWN),
    "signed by another CA than that which is given": (
        [server(authority("another CA"))],
        True,
        (
            "the certificate of {} is not signed by the CA that you gave",
            "Next: compare the file, or the fingerprint, with the CA of this cluster",
        ),
    ),
    "expired": (
        [server(CA, ends_in=-DAY)],
        True,
        (
            "the certificate of {} is not valid today",
            "Next: renew the certificate, or set this machine's clock",
        ),
    ),
    "for another host": (
        [server(CA, "127.0.0.2")],
        True,
        (
            "the certificate of {} is not for 127.0.0.1",
            "Next: use a name that the certificate has",
        ),
    ),
}


@pytest.mark.parametrize(
    ("shown", "known", "expected"), UNTRUSTED.values(), ids=UNTRUSTED
)
def test_an_untrusted_certificate(
    shown: list[Issued],
    known: bool,
    expected: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is wrong with it, and what would make it right; nothing is sent (U3)."""
    tls = context_of(write_chain(tmp_path / "server.pem", *shown))
    (tmp_path / "ca.pem").write_bytes(CA.pem)
    options = ["--ca-file", str(tmp_path / "ca.pem")] if known else []
    with RawServer(HTML, tls) as there:
        assert plan(f"https://127.0.0.1:{there.port}", *options) == 1

    what, then = expected
    end = f"127.0.0.1:{there.port}"
    assert told(capsys) == [f"Error: {what.format(end)}", then]
    assert there.heads == []


@pytest.mark.parametrize("file", [CA, LEAF], ids=["the CA", "the certificate itself"])
def test_an_error_behind_a_trusted_certificate_is_its_own(
    file: Issued, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A certificate that a call trusts is not blamed for what the call meets (U3)."""
    tls = context_of(write_chain(tmp_path / "server.pem", LEAF))
    (tmp_path / "ca.pem").write_bytes(file.pem)
    with RawServer(HTML, tls) as there:
        url = f"https://127.0.0.1:{there.port}"
        assert plan(url, "--ca-file", str(tmp_path / "ca.pem")) == 1

    error, *_ = told(capsys)
    assert "not an answer of Elasticsearch: <html><title>Sign in</title>" in error


def test_a_handshake_that_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    """A filter, or a port of something else (U3)."""
    with RawServer(lambda: [Act.HOLD]) as there:
        assert plan(there.url.replace("http:", "https:")) == 1

    assert told(capsys) == [
        f"Error: 127.0.0.1:{there.port} hangs up before anything is asked",
        "Next: check the port, and whether a filter lets this machine through",
    ]


@pytest.mark.slow
def test_a_silent_handshake(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that takes connections and says nothing (U3)."""
    with RawServer(lambda: [30.0]) as there:
        assert plan(there.url.replace("http:", "https:")) == 1

    end = f"127.0.0.1:{there.port}"
    assert told(capsys)[-2:] == [
        f"Error: {end} does not answer the handshake",
        "Next: check the port, and what stands in between",
    ]


def test_a_silent_cluster(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that takes the request and never answers it (U3)."""
    hasty = replace(target.TIMEOUTS, read=0.2)
    monkeypatch.setattr(target, "TIMEOUTS", hasty)
    with RawServer(lambda: [Act.READ, Act.HOLD]) as there:
        assert plan(there.url) == 1

    assert told(capsys) == [
        f"Error: 127.0.0.1:{there.port} takes the request, but does not answer in time",
        "Next: check that it is Elasticsearch; if it is, try again later",
    ]


def test_a_connection_that_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that hangs up on the request (U3)."""
    with RawServer(lambda: [Act.READ, Act.RESET]) as there:
        assert plan(there.url) == 1

    (error,) = told(capsys)
    assert error.startswith("Error: the cluster could not be read: ConnectionError")


ANSWERS = {
    "a page of a proxy": (HTML, "may not be an Elasticsearch, or a proxy", []),
    "a bad gateway": (
        answers(b"<html>", b"HTTP/1.1 502 Bad Gateway\r\n"),
        "could not be read: 502 not an answer of Elasticsearch: <html>",
        ["Next: try again later; if a proxy answers, check what is behind it"],
    ),
    "another service": (
        answers(b"<h1>Not found</h1>", b"HTTP/1.1 404 Not Found\r\n"),
        "could not be read: 404 not an answer of Elasticsearch: <h1>Not found</h1>",
        ["Next: check the URL: this address answers, but has no machine learning API"],
    ),
    "a busy cluster": (
        answers(b"{}", b"HTTP/1.1 429 Too Many Requests\r\n"),
        "could not be read: 429 ",
        ["Next: the cluster is busy: try again later"],
    ),
    "a redirect": (
        redirect(302),
        "could not be read: 302 ",
        ["Next: pass the URL that it redirects to, if that is the cluster"],
    ),
}


@pytest.mark.parametrize(("script", "error", "then"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none(
    script: Script, error: str, then: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has its sentence, and its next step if there is one (U3)."""
    with RawServer(script) as there:
        assert plan(there.url) == 1

    first, *rest = told(capsys)
    assert error in first
    assert then == rest
