"""How a function's environment becomes what its stories need."""

import os

import pytest

from idle_jobs import modes, services
from idle_jobs.elastic import credential
from idle_jobs.services import open_services
from idle_jobs.telemetry import Telemetry
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_idle, after, ends, sweep
from standin.cluster import Cluster

pytestmark = pytest.mark.slow

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
WAYS = {
    "signed, with the credential carried": {"AuthMode": "sigv4"},
    "signed alone": {"AuthMode": "sigv4", "SecretArn": ""},
    "an API key": {"AuthMode": "api_key"},
}


@pytest.fixture(autouse=True)
def cold() -> None:
    """Start cold, whatever ran before: what is cached is made while it is measured."""
    for module in (credential, services, modes):
        for each in vars(module).values():
            if hasattr(each, "cache_clear"):
                each.cache_clear()


@pytest.mark.parametrize("parameters", WAYS.values(), ids=WAYS.keys())
def test_each_way_to_sign_closes_a_job(parameters: dict[str, str]) -> None:
    """The cluster verifies signatures as well as keys."""
    with Runner(Cluster(), START, DAILY | parameters) as stack:
        # moto puts keys of its own into the environment.
        key_id, secret = map(os.environ.__getitem__, KEYS)
        stack.cluster.aws_secrets = {key_id: secret}
        add_idle(stack)
        sweep(stack)
        stack.run(after(minutes=1))

    assert ends(stack) == ["web: closed idle_datafeed_stopped"]


def test_calls_are_signed_for_the_region_of_the_gateway() -> None:
    """SigningRegion reaches the signature of every call."""
    elsewhere = {"AuthMode": "sigv4", "SecretArn": "", "SigningRegion": "us-east-1"}
    with Runner(Cluster(), START, DAILY | elsewhere) as stack:
        key_id, secret = map(os.environ.__getitem__, KEYS)
        stack.cluster.aws_secrets = {key_id: secret}
        sweep(stack)
        signed = [line.headers["Authorization"] for line in stack.cluster.log]

    assert signed
    assert all("/us-east-1/execute-api/aws4_request" in each for each in signed)


def test_clients_are_made_once(stack: Runner) -> None:
    """A warm invocation finds its connections; settings that differ do not share."""
    with stack.inside("Closer") as closer:
        first = open_services("close_queue_url", closer.logger, closer.metrics)
        again = open_services("close_queue_url", closer.logger, closer.metrics)

    assert first.cluster is again.cluster
    assert first.outbox is again.outbox
    assert isinstance(first.telemetry, Telemetry)
    assert first.inbox == stack.queues.urls["CloseQueue"]
