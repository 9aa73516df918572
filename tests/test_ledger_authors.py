"""Who closed a job, as the ledger has it, if it was not us."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bench import Bench, force_closers, record
from builders import ago, sweeps_message
from idle_jobs.closing import close_batch
from idle_jobs.elastic.idle_closer import IDLE_CLOSER
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_idle, posts, sweep
from standin.cluster import API_KEY, Cluster

pytestmark = pytest.mark.slow
MINUTE = timedelta(minutes=1)
BEFORE = START.replace(hour=0, minute=20)


@pytest.fixture
def night() -> Iterator[Runner]:
    """Yield a stack, ten minutes before the cluster's own closer runs."""
    with Runner(Cluster("9.5.0"), BEFORE, DAILY) as runner:
        add_idle(runner, latest_record=BEFORE - timedelta(days=10))
        runner.cluster.settle(runner.now)
        yield runner


def author(stack: Runner) -> str:
    """Sweep; let the closer run before ours looks; return the author in the item."""
    sweep(stack)
    stack.shift(15 * MINUTE)
    stack.cluster.settle(stack.now)
    stack.poll()
    [item] = stack.ledger()
    assert posts(stack) == []
    return str(item["closed_by"])


def test_elasticsearch_closed_it(night: Runner) -> None:
    """Its closer is on, the job fits its rule, and it was closed in its run."""
    assert author(night) == "elasticsearch"


def test_the_setting_may_be_hidden(night: Runner) -> None:
    """A credential with `manage_ml` alone may not see it: somebody closed the job."""
    night.cluster.keys = {f"ApiKey {API_KEY}": ("manage_ml",)}

    assert author(night) == "somebody_else"
    assert not [line for line in night.log if line["message"] == "cluster_trouble"]


@pytest.mark.parametrize("setting", ["-1", "11d"])
def test_its_closer_may_not_have_done_it(night: Runner, setting: str) -> None:
    """It is off, or waits for longer: a person closed the job that night."""
    night.cluster.settings.persistent[IDLE_CLOSER] = setting
    sweep(night)
    night.shift(15 * MINUTE)
    night.cluster.jobs["web"].begin_close(night.now)
    night.poll()

    assert [item["closed_by"] for item in night.ledger()] == ["somebody_else"]


def closed(bench: Bench, receives: int = 1) -> Any:
    """Let a function find the job closed; return the author in the item."""
    bench.add(state="closed", finished=ago(minutes=1))
    found = record(0, sweeps_message())
    found["attributes"]["ApproximateReceiveCount"] = str(receives)
    close_batch({"Records": [found]}, bench.services, lambda: 100)
    [item] = bench.items.values()
    return item["closed_by"]["S"]


def test_only_the_first_look_knows_that_nothing_was_posted() -> None:
    """An earlier one may have posted a close, and died before it could say so."""
    assert closed(Bench()) == "somebody_else"
    assert closed(Bench(), receives=2) == "unknown"
    assert closed(force_closers()) == "unknown"
