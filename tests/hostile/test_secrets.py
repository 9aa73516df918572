"""What fails on the wire says nothing of what was sent: no key, token or signature."""

import http.client
import json
import logging
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from certificates import context_of
from elastic.test_transport_faults import pems, url_of
from local.runner import AWS_KEYS, Runner
from overheard import (
    AWS,
    SECRETS,
    WAYS,
    Overheard,
    listening,
    overheard,
    signatures,
)
from stacks import START
from standin.cluster import API_KEY, Cluster
from standin.raw_server import Act, RawServer, Step
from wire_faults import FAULTS, FLOODS, Fault, answers, redirect

__all__ = ["pems"]  # A fixture.

pytestmark = pytest.mark.slow

SECONDS = 0.05
PRIVATE = ("authorization", "x-es-authorization", "x-amz-security-token")
STALE = {
    f"a {status}": Fault(answers(b"{}", b"HTTP/1.1 %d No\r\n" % status), None)
    for status in (401, 403)
}


def faults_of(way: str) -> dict[str, Fault]:
    """Return all faults; each flood, which takes its time, goes one way only."""
    number = list(WAYS).index(way)
    floods = {n for i, n in enumerate(FLOODS) if i % len(WAYS) != number}
    return {n: f for n, f in (FAULTS | STALE).items() if n not in floods}


def fail_all(
    stack: Overheard, faults: Iterable[Fault], pems: dict[str, Path]
) -> list[bytes]:
    """Let a stack fail on faults; return the heads of what it sent."""
    # One server, since the functions make new clients for every other URL.
    with RawServer(list) as raw:
        for fault in faults:
            raw.script = fault.script
            raw.tls = context_of(pems[fault.trust]) if fault.trust in pems else None
            seconds = fault.seconds if fault.seconds >= 1 else SECONDS
            stack.fail(url_of(raw, fault), str(pems["bundle"]), seconds)
    return raw.heads


def leaks(said: str, heads: list[bytes]) -> set[str]:
    """Return the secrets in a text, the signatures of these requests included."""
    return {s for s in {*SECRETS, *signatures(heads)} if s in said}


def sent(heads: list[bytes]) -> set[str]:
    """Return the secrets that were sent."""
    return {s for s in SECRETS if s.encode() in b"".join(heads)}


SENT = {
    "an API key": {SECRETS[0]},
    "a user": {SECRETS[3]},
    "signed alone": {AWS["AWS_SESSION_TOKEN"]},
    "signed, with the credential carried": {SECRETS[0], AWS["AWS_SESSION_TOKEN"]},
    "signed for VPC Lattice": {SECRETS[0], AWS["AWS_SESSION_TOKEN"]},
}


@pytest.mark.parametrize("way", WAYS)
def test_no_failure_tells_a_secret(
    way: str,
    pems: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in a log at DEBUG, a metric, an error, or what is parked; and it was sent."""
    faults = faults_of(way)
    with overheard(Cluster(), WAYS[way], monkeypatch) as stack:
        heads = fail_all(stack, faults.values(), pems)
        stack.fail("http://127.0.0.1:1", "", SECONDS)  # Nobody listens.
        parked = stack.parked()
    said = stack.said.getvalue() + parked + "".join(capfd.readouterr())

    assert SENT[way] == sent(heads)
    assert bool(signatures(heads)) is way.startswith("signed")
    assert said.count('"message":"cluster_trouble"') == len(faults) + 1
    assert parked.count("parked_reason") == len(faults) + 1
    assert '"_aws"' in said
    assert "Traceback" in said
    assert leaks(said, heads) == set()


@pytest.mark.parametrize("way", WAYS)
def test_no_other_host_is_told_a_secret(
    way: str, pems: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect is not followed, whatever proves who asks."""
    with RawServer(list) as other:
        faults = [Fault(redirect(s, other.url.encode()), None) for s in (302, 307)]
        with overheard(Cluster(), WAYS[way], monkeypatch) as stack:
            heads = fail_all(stack, faults, pems)

    assert SENT[way] == sent(heads)
    assert (0, []) == (other.accepted, other.heads)


def echo(raw: RawServer, status: int) -> Iterator[Step]:
    """Read a request, and show the lines of its head that are nobody's business."""
    yield Act.READ
    lines = raw.heads[-1].decode("latin-1").splitlines()
    told = [line for line in lines if line.lower().startswith(PRIVATE)]
    error = {"error": {"type": "security_exception", "reason": "; ".join(told)}}
    for body in (json.dumps(error), told[0]):
        length = f"Content-Length: {len(body)}\r\n\r\n"
        yield f"HTTP/1.1 {status} It\r\n{length}{body}".encode()


@pytest.mark.parametrize("way", WAYS)
def test_an_echo_is_not_repeated(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a proxy sends the request back that it could not serve."""
    with (
        RawServer(list) as raw,
        overheard(Cluster(), WAYS[way], monkeypatch) as stack,
    ):
        for status in (200, 400, 403, 502):
            raw.script = partial(echo, raw, status)
            stack.fail(raw.url, "", 1)
    said = stack.said.getvalue()

    assert SENT[way] == sent(raw.heads)
    assert leaks(said, raw.heads) == set()
    assert said.count(" ...") >= 4


def test_a_leak_is_seen_in_a_log(
    pems: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: botocore tells signatures at DEBUG, unless it is kept from it."""
    way, botocore = WAYS["signed for VPC Lattice"], logging.getLogger("botocore")
    with overheard(Cluster(), way, monkeypatch) as stack:
        botocore.setLevel(logging.DEBUG)
        try:
            heads = fail_all(stack, [FAULTS["reset after the request"]], pems)
        finally:
            botocore.setLevel(logging.WARNING)

    assert signatures(heads) & leaks(stack.said.getvalue(), heads)


def test_a_leak_is_seen_in_print(
    pems: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: http.client prints what it sends when it is told to debug."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with (
        overheard(Cluster(), WAYS["a user"], monkeypatch) as stack,
        pytest.raises(ValueError, match="Expecting value"),  # It is no line of JSON.
    ):
        fail_all(stack, [FAULTS["reset after the request"]], pems)

    assert leaks(stack.said.getvalue(), []) == {SECRETS[3]}


@pytest.mark.parametrize("secret", [API_KEY, AWS_KEYS["AWS_SECRET_ACCESS_KEY"]])
@pytest.mark.parametrize("way", ["print", "log", "error"])
def test_a_leak_of_any_stack_is_seen(way: str, secret: str) -> None:
    """The control of the rows: what one of their runs tells is found, however."""
    with listening() as told, Runner(Cluster(), START) as stack:
        stack.invoke("Sweeper", stack.scheduled_event(START))
        before = told()
        if way == "error":
            stack.invoke("Sweeper", {"job_id": "web", secret: 1})
        with stack.inside("Closer") as closer:
            if way == "print":
                print(json.dumps({"message": secret, "level": "DEBUG"}))
            elif way == "log":
                logging.getLogger("x").debug("it is %s", secret)
            closer.logger.debug("looked")

    assert [] == before
    assert [secret] == told()
