"""Faults below HTTP: each ends in time and in its branch, and none invents an end."""

import json
import socket
import ssl
import time
import traceback
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, SSLError

from builders import NOW, idle_job
from certificates import DAY, context_of, write_certificate
from elastic.test_cluster import Key
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.lists import LONGEST_LIST
from idle_jobs.elastic.transport import (
    LONGEST_ANSWER,
    Timeouts,
    Wire,
    error_of_transport,
)
from idle_jobs.errors import ClusterError, NotReached, Refused, TryLater
from idle_jobs.times import rfc3339
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_idle, after, ends, posts
from standin.cluster import Cluster as StandIn
from standin.cluster import serve
from standin.raw_server import RawServer
from wire_faults import ENDLESS, FAULTS, FLOODS, SHORT, Fault, redirect

CERTIFICATES = {
    "known": ("127.0.0.1", DAY),
    "unknown": ("127.0.0.1", DAY),
    "elsewhere": ("127.0.0.2", DAY),
    "expired": ("127.0.0.1", -DAY),
}
SLACK = 3  # Seconds: of a machine that has other things to do.


def is_slow(name: str, fault: Fault) -> bool:
    """Tell whether a fault fills the memory, or only ends when its time is over."""
    return name in FLOODS or SHORT in (fault.seconds, fault.connect)


every_fault = pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name, marks=[pytest.mark.slow] * is_slow(name, fault))
        for name, fault in FAULTS.items()
    ],
)


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return files with a certificate of each kind."""
    folder = tmp_path_factory.mktemp("tls")
    made = {
        kind: write_certificate(folder / kind, address, ends_in=ends_in)
        for kind, (address, ends_in) in CERTIFICATES.items()
    }
    bundle = folder / "bundle"
    signers = (pem for kind, pem in made.items() if kind != "unknown")
    bundle.write_bytes(b"".join(pem.read_bytes() for pem in signers))
    return made | {"bundle": bundle}


def server(fault: Fault, pems: dict[str, Path], **options: Any) -> RawServer:
    """Return a server that plays a fault."""
    tls = context_of(pems[fault.trust]) if fault.trust in pems else None
    honest = context_of(pems["known"]) if fault.trust else None
    return RawServer(fault.script, tls, honest, **options)


def url_of(raw: RawServer, fault: Fault) -> str:
    """Return the URL under which a fault is met."""
    return raw.url.replace("http:", "https:") if fault.trust else raw.url


def trusted(fault: Fault, pems: dict[str, Path]) -> str:
    """Return the CA bundle of the client: all certificates but the unknown one."""
    return str(pems["bundle"]) if fault.trust else ""


def client(url: str, fault: Fault, ca_bundle: str = "") -> Cluster:
    """Return the product's client, with the fault's time to answer."""
    timeouts = Timeouts(fault.connect, *[fault.seconds] * 5)
    return Cluster(Wire(url, Key("dGVzdDp0ZXN0"), timeouts, ca_bundle))


def close(cluster: Cluster, fault: Fault) -> type[ClusterError] | None:
    """Post a close; return the branch that it ended in."""
    try:
        cluster.close(idle_job(), timeout="30m", read_timeout=fault.seconds)
    except ClusterError as error:
        return type(error)
    return None


@every_fault
def test_a_close_ends_in_time_and_in_its_branch(
    fault: Fault, pems: dict[str, Path]
) -> None:
    """The whole call has a deadline, however the bytes come."""
    with server(fault, pems) as raw:
        cluster = client(url_of(raw, fault), fault, trusted(fault, pems))
        began = time.monotonic()
        branch = close(cluster, fault)
        took = time.monotonic() - began

    # A reset may come before the connection stands: then nothing was sent at all.
    absent = fault.branch is TryLater and branch is NotReached
    assert absent or fault.branch is branch
    assert took < fault.seconds + SLACK


@every_fault
def test_a_read_tells_nothing_that_was_not_there(
    fault: Fault, pems: dict[str, Path]
) -> None:
    """Half a list is tried later, a whole answer of others is refused: none is gone."""
    whole = fault.branch is None or fault is FAULTS["a page that is none"]
    expected = Refused if fault.branch is Refused or whole else TryLater
    with server(fault, pems) as raw:
        cluster = client(url_of(raw, fault), fault, trusted(fault, pems))

        with pytest.raises(expected):
            cluster.jobs(NOW)


@pytest.mark.slow
@pytest.mark.parametrize("longest", [LONGEST_ANSWER, LONGEST_LIST])
@pytest.mark.parametrize("name", [*FLOODS, *ENDLESS])
def test_a_flood_fills_no_memory(
    name: str, longest: int, pems: dict[str, Path]
) -> None:
    """The peak is the limit of an answer, a growing buffer's spare room included."""
    fault = FAULTS[name]
    timeouts = Timeouts(*[fault.seconds] * 6)
    with server(fault, pems) as raw:
        fault.script()  # What is packed once is packed before it is measured.
        wire = Wire(raw.url, Key("dGVzdDp0ZXN0"), timeouts)
        tracemalloc.start()
        with pytest.raises(fault.branch or TryLater):
            wire.call("GET", "/", {}, longest=longest)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 1.3 * longest + 2**21  # The server's own part is one of these.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_token_follows_a_redirect(status: int) -> None:
    """The other host is not even asked."""
    with RawServer(list) as other:
        fault = Fault(redirect(status, other.url.encode()), Refused)
        with RawServer(fault.script) as raw:
            assert close(client(raw.url, fault), fault) is Refused

        assert len(raw.heads) == 1
        assert other.heads == []
        assert other.accepted == 0


@pytest.mark.row(35)
def test_nobody_listens() -> None:
    """A refused connection is an outage."""
    fault = Fault(list, NotReached)

    assert close(client("http://127.0.0.1:1", fault), fault) is NotReached


@pytest.mark.row(35)
def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name servers come and go: an outage, too."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fault = Fault(list, NotReached)

    assert close(client("https://elastic.test", fault), fault) is NotReached


@pytest.mark.parametrize(
    "cause",
    [ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError, TimeoutError],
)
def test_nothing_was_sent_where_a_handshake_is_cut(
    cause: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it shows: Debian's Python 3.11 and Lambda's name it differently."""

    def cut(_: HTTPSConnection) -> None:
        raise cause("closed")

    monkeypatch.setattr(HTTPSConnection, "connect", cut)
    fault = Fault(list, NotReached)

    assert close(client("https://elastic.test", fault), fault) is NotReached


@pytest.mark.parametrize("host", ["a" * 64, "a..b", "[::1"])
def test_a_name_that_is_none(host: str) -> None:
    """A wrong setting, which an operator has to mend."""
    fault = Fault(list, Refused)

    assert close(client(f"https://{host}.test", fault), fault) is Refused


BROKEN_TOKEN = "c2VjcmV0\nX: y"


def test_a_token_that_is_no_header_is_not_told() -> None:
    """A line's end in it would be shown by http.client's own error, or a traceback."""
    timeouts = Timeouts(*[0.15] * 6)
    with RawServer(list) as raw, pytest.raises(Refused) as told:
        Wire(raw.url, Key(BROKEN_TOKEN), timeouts).call("GET", "/", {})
    shown = "".join(traceback.format_exception(told.value))

    assert BROKEN_TOKEN[:8] not in shown + repr(told.value)


def message(**changes: Any) -> str:
    """Return a close message for the idle job, as a sweep at START wrote it."""
    body = {
        "version": 1,
        "cluster": "demo",
        "request_id": "sweep-1",
        "job_id": "web",
        "requested_at": rfc3339(START),
        "only_if_idle": True,
        "reason": "idle_datafeed_stopped",
    }
    return json.dumps(body | changes)


# A ForceQueue message so old that its close is the measured try: the last step but one
# before a force.
OLD = rfc3339(START - timedelta(hours=3))
LOOKS = {
    ("Closer", "CloseQueue"): message(),
    ("ForceCloser", "ForceQueue"): message(requested_at=OLD, handed_at=OLD),
}
READS = 4  # Connections that read the cluster, before the one of the post.


def timeouts(fault: Fault, *, read: float) -> dict[str, str]:
    """Return short timeouts for a stack; honest reads may take longer than faults."""
    post = str(max(fault.seconds, 0.3))
    named = ("CLOSE_READ_TIMEOUT_EARLY", "CLOSE_READ_TIMEOUT", "MEASURED_READ_TIMEOUT")
    read_and_connect = {"READ_TIMEOUT": str(max(fault.seconds, read))}
    connect = {"CONNECT_TIMEOUT": str(max(fault.connect, 1))}
    return dict.fromkeys(named, post) | read_and_connect | connect


def demand_nothing_happened(stack: Runner, look: tuple[str, str]) -> None:
    """Take a look; assert that its message stays and nothing ended or was forced."""
    function, queue = look
    stack.take_one(function)

    [left] = map(json.loads, stack.queues.bodies(queue))
    assert json.loads(LOOKS[look]).items() <= left.items()
    assert ends(stack) == []
    assert (0, []) == (stack.metrics["RecordsBroken"], stack.errors)
    assert not any("force" in path for path in posts(stack))


@pytest.mark.row(35)
@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look[0])
@every_fault
def test_a_batch_loses_and_invents_nothing(
    fault: Fault, look: tuple[str, str], pems: dict[str, Path]
) -> None:
    """Neither where its read breaks nor where its post does; then it ends as ever."""
    cluster = StandIn()
    with (
        serve(cluster) as upstream,
        server(fault, pems, upstream=upstream) as raw,
        Runner(cluster, START, stack_of(raw, fault, pems)) as stack,
    ):
        add_idle(stack)
        stack.queues.send(look[1], LOOKS[look])
        stack.timeouts = timeouts(fault, read=0.3)
        demand_nothing_happened(stack, look)
        assert posts(stack) == []

        stack.timeouts = timeouts(fault, read=5)
        raw.honest, raw.accepted = READS, 0
        stack.shift(timedelta(minutes=20))
        demand_nothing_happened(stack, look)
        assert raw.accepted > READS
        raw.script = None
        stack.run(after(hours=1))

        assert [line["ended"] for line in stack.outcomes()] == ["closed"]


def stack_of(raw: RawServer, fault: Fault, pems: dict[str, Path]) -> dict[str, str]:
    """Return the parameters of a stack whose cluster is behind a fault."""
    bundle = trusted(fault, pems)
    return {
        "ClusterUrl": url_of(raw, fault),
        "CaBundle": bundle,
        **DAILY,
    }


@pytest.mark.parametrize(
    ("cause", "branch"),
    [
        (ssl.SSLZeroReturnError, TryLater),
        (ssl.SSLEOFError, TryLater),
        (ssl.SSLCertVerificationError, Refused),
    ],
)
def test_a_cut_handshake_is_an_outage_however_openssl_names_it(
    cause: type[ssl.SSLError], branch: type[ClusterError]
) -> None:
    """Who is faster decides how a cut shows; only what cannot be trusted is refused."""
    reason = SSLError(cause("closed"))
    told = MaxRetryError(None, "/", reason)  # type: ignore[arg-type]

    assert type(error_of_transport(requests.exceptions.SSLError(told))) is branch


def test_a_bundle_that_went_away_is_a_wrong_setting() -> None:
    """It was read when the connection's context was made, and is gone at its use."""
    error = error_of_transport(FileNotFoundError(2, "No such file", "ca.pem"))

    assert type(error) is Refused
    assert "ca.pem" in str(error)
