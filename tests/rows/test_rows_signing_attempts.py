"""Rows 31 and 32: each attempt has a signature of its own, whoever else signs."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
import time_machine
from moto import mock_aws
from requests import PreparedRequest, Request

from idle_jobs.elastic import signing
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.signing import SigV4
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.errors import ClusterError, TryLater
from local.runner import AWS_KEYS
from rows.interrupted import interrupt_each_step
from rows.roles import ROLE, given_out
from stacks import START
from standin.cluster import Cluster as StandIn
from standin.cluster import Fault, serve
from standin.cluster import Request as Received

pytestmark = pytest.mark.slow

KNOWN = {AWS_KEYS["AWS_ACCESS_KEY_ID"]: AWS_KEYS["AWS_SECRET_ACCESS_KEY"]}
KEYS = {"AKIDKEY1": "one", "AKIDKEY2": "two"} | KNOWN
TIMEOUTS = Timeouts(
    connect=2, read=5, close_early=2, close=2, close_counted=0.5, measured=2
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Give the process an identity, which may be patched."""
    with mock_aws():  # It has an identity of its own.
        for name, value in AWS_KEYS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        yield monkeypatch


def signed(signer: SigV4) -> PreparedRequest:
    """Return a request that was just signed."""
    return signer(Request("GET", "http://elastic/_ml/info").prepare())


def is_whole(
    request: PreparedRequest, secrets: Mapping[str, str], tokens: Mapping[str, str]
) -> bool:
    """Tell whether key id, signature and token of a request belong together."""
    headers = dict(request.headers) | {"Host": "elastic"}
    came = Received("GET", request.path_url, headers)
    key_id = headers["Authorization"].partition("=")[2].partition("/")[0]
    right_token = headers["x-amz-security-token"] == tokens[key_id]
    door = StandIn(keys=(), aws_secrets=secrets)
    signed_at = datetime.fromisoformat(headers["x-amz-date"])
    return right_token and door.handle(came, signed_at)[0].status == 200


@pytest.mark.row(31)
@pytest.mark.usefixtures("aws")
def test_row_31_a_role_that_is_assumed_anew_never_signs_as_the_function() -> None:
    """One thread assumes the role anew, another signs on -> as the role, old or new."""
    signer, keys = SigV4("es", ROLE), set()
    signed(signer)  # It has assumed the role by now.
    with ThreadPoolExecutor(1) as other:
        refreshed, done = other.submit(signer.refresh), False
        while not done:
            done = refreshed.done()
            authorization = signed(signer).headers["Authorization"]
            keys.add(authorization.split("Credential=")[1][:4])

    assert keys == {"ASIA"}


def become(key_id: str, aws: pytest.MonkeyPatch) -> None:
    """Give the process other credentials."""
    aws.setenv("AWS_ACCESS_KEY_ID", key_id)
    aws.setenv("AWS_SECRET_ACCESS_KEY", KEYS[key_id])
    aws.setenv("AWS_SESSION_TOKEN", f"token of {key_id}")


@pytest.mark.row(31)
def test_row_31_threads_never_mix_keys_while_they_are_refreshed(
    aws: pytest.MonkeyPatch,
) -> None:
    """At any step of one thread, another refreshes and signs -> both are whole."""
    become("AKIDKEY1", aws)
    signer, keys, requests = SigV4("es"), cycle(KEYS), list[PreparedRequest]()
    tokens = {key_id: f"token of {key_id}" for key_id in KEYS}

    def sign() -> None:
        requests.append(signed(signer))

    def turn() -> None:
        become(next(keys), aws)
        signer.refresh()
        sign()

    steps = interrupt_each_step(sign, signing.__file__, "requests_aws4auth", turn)

    assert len(requests) > steps > 50
    assert all(is_whole(request, KEYS, tokens) for request in requests)


@pytest.mark.row(31)
@pytest.mark.usefixtures("aws")
def test_row_31_threads_never_mix_keys_of_a_role_that_falls_due() -> None:
    """At any step of one thread, another assumes the role anew -> both are whole."""
    requests = list[PreparedRequest]()
    with time_machine.travel(START, tick=False) as clock:
        signer = SigV4("es", ROLE)

        def sign() -> None:
            requests.append(signed(signer))

        def turn() -> None:
            clock.shift(timedelta(minutes=55))  # Of the hour that it is valid for.
            sign()

        steps = interrupt_each_step(sign, signing.__file__, "requests_aws4auth", turn)
    secrets = {key_id: role.secret_access_key for key_id, role in given_out().items()}
    tokens = {key_id: role.session_token for key_id, role in given_out().items()}

    assert len(secrets) >= steps > 50
    assert all(is_whole(request, secrets, tokens) for request in requests)


@pytest.mark.row(31)
@pytest.mark.usefixtures("aws")
def test_row_31_the_shared_signer_keeps_no_aws4auth() -> None:
    """requests-aws4auth rewrites its own key and token -> none outlives a request."""
    signer = SigV4("es")
    with serve(StandIn(keys=(), aws_secrets=KNOWN)) as url:
        Cluster(Wire(url, signer, TIMEOUTS)).jobs(datetime.now(UTC))
    kept = {type(value).__name__ for value in vars(signer).values()}

    assert not any("AWS4" in name for name in kept)


BROKEN = {
    "cut": Fault(kind="cut_before"),
    "503": Fault(status=503, headers={"Retry-After": "0"}),
    "429": Fault(status=429, headers={"Retry-After": "0"}),
}


@pytest.mark.row(32)
@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_row_32_the_transport_sends_nothing_twice(fault: Fault) -> None:
    """A request fails on its way -> it was sent once: a retry would be signed old."""
    stand_in = StandIn(keys=(), aws_secrets=KNOWN)
    stand_in.faults.append(fault)
    with serve(stand_in) as url, pytest.raises(ClusterError) as told:
        Cluster(Wire(url, SigV4("es"), TIMEOUTS)).jobs(datetime.now(UTC))

    assert type(told.value) is TryLater
    assert len(stand_in.log) == 1


class Slow(SigV4):
    """Takes six minutes to be refreshed, one more than a signature is valid for."""

    turn: Callable[[timedelta], object]

    def refresh(self) -> None:
        """Refresh, and turn the clock."""
        super().refresh()
        self.turn(timedelta(minutes=6))


@pytest.mark.row(32)
def test_row_32_a_second_attempt_is_signed_anew(aws: pytest.MonkeyPatch) -> None:
    """403, then asked once more six minutes later -> with a signature of that time."""
    stand_in = StandIn(keys=(), aws_secrets=KNOWN)
    with time_machine.travel(START, tick=False) as clock, serve(stand_in) as url:
        aws.setenv("AWS_ACCESS_KEY_ID", "OLD")
        signer = Slow("es")
        signer.turn = clock.shift
        aws.setenv("AWS_ACCESS_KEY_ID", AWS_KEYS["AWS_ACCESS_KEY_ID"])
        jobs = Cluster(Wire(url, signer, TIMEOUTS)).jobs(START)
    dates = [line.headers["x-amz-date"] for line in stand_in.log]

    assert jobs == []
    assert dates == ["20260302T060500Z"] + ["20260302T061100Z"] * 4
