"""The simulation's SQS model is held to the runner, whose queues are moto's."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest

from local.crash_day import IDLE, MINUTE, SWEEP
from local.schedule import DAILY
from local.topology import Topology
from simulation.account import Account, Day
from simulation.agreement import in_model, in_runner
from simulation.history import Key
from simulation.sqs import POLLS

pytestmark = pytest.mark.slow

BUSY = IDLE | {"last_data": SWEEP - MINUTE, "datafeed": "started"}
JOBS = {
    "quick": IDLE,
    "slow": IDLE | {"close_takes": 11 * MINUTE},
    "hangs": IDLE | {"close_ends": "hangs"},
    "breaks": IDLE | {"close_takes": 2 * MINUTE, "close_ends": "failed"},
    "haunted": BUSY | {"force_works": False},
    "kept": IDLE | {"groups": ("idle-closer-keep",)},
    "wanted": BUSY,
}
REQUESTS = [
    {"request_id": "ask-haunted", "job_id": "haunted", "force": True},
    {"request_id": "ask-kept", "job_id": "kept"},
    {"request_id": "ask-wanted", "job_id": "wanted"},
]
PARAMETERS = {**DAILY, "ForceAfter": "1h", "ParkAfter": "1h"}
PARAMETERS["ForceOrders"] = "allowed"
DAY = Day(
    start=SWEEP - 5 * MINUTE,
    sweep=SWEEP,
    end=SWEEP + timedelta(hours=8),
    jobs=JOBS,
    bodies=[*(json.dumps(request) for request in REQUESTS), "close wanted"],
    parameters=PARAMETERS,
    dies=frozenset({("Closer", 1), ("ForceCloser", 1)}),
)
LOST = replace(
    DAY,
    end=SWEEP + timedelta(hours=100),
    jobs={"wanted": BUSY},
    bodies=DAY.bodies[2:3],
    broken=frozenset({"Closer", "ForceCloser"}),
)
CHAIN = ("CloseQueue", "ForceQueue")
WANTED = Key("ask-wanted", "wanted")


@cache
def told(lost: bool) -> tuple[Account, Account]:
    """Return the accounts of the model and of the runner, of either day."""
    day = LOST if lost else DAY
    return in_model(day), in_runner(day)


def test_steps_agree() -> None:
    """Each message takes the same steps, of the same functions and in the same order.

    How often it waits may differ, as a wait's length may: an invocation takes time in
    the model and none in the runner, the spread of a look is seeded with its time, and
    a slow close is waited for there in virtual and here in real seconds.
    """
    model, runner = told(lost=False)

    assert model.steps == runner.steps


def test_every_kind_of_end_is_compared() -> None:
    """The day that is compared has each end that it was made for."""
    _, runner = told(lost=False)
    ends = {(key.job_id, what) for key, of in runner.steps.items() for _, what in of}

    assert ends >= {
        ("quick", "closed idle_datafeed_stopped"),
        ("slow", "closed idle_datafeed_stopped"),
        ("hangs", "force_closed still_closing"),
        ("breaks", "force_closed failed"),
        ("haunted", "parked server_error"),
        ("kept", "skipped kept_by_owner"),
        ("", "parked unreadable"),
    }


def test_ends_agree() -> None:
    """The jobs end in the same states, and the same messages are left in each queue."""
    model, runner = told(lost=False)

    assert model.states == runner.states
    assert model.left == runner.left


def test_a_lost_invocation_is_repeated_in_both() -> None:
    """What an invocation held that died before its answer comes once more."""
    for account in told(lost=False):
        quick = next(key for key in account.steps if key.job_id == "quick")

        assert len(account.receives["CloseQueue", quick]) == 2


def counts(account: Account) -> dict[tuple[str, Key], int]:
    """Count how often each message was received from each queue."""
    return {where: len(receives) for where, receives in account.receives.items()}


def test_receives_agree() -> None:
    """A message that kills its functions is received as often from each queue.

    It moves down the whole chain of the template's queues, and lies in the last one.
    What is compared is how often it comes; its ApproximateReceiveCount begins anew in
    each queue of the model and goes on in moto's, and the product reads neither.
    """
    model, runner = told(lost=True)
    queues = Topology.load().queues
    spent = {queue: queues[queue].max_receive_count for queue in CHAIN}

    assert counts(model) == counts(runner)
    assert {queue: counts(model)[queue, WANTED] for queue in CHAIN} == spent
    assert model.left == runner.left == {("ParkingQueue", WANTED): 1}


def test_paces_agree() -> None:
    """What nobody answers for comes again after the queue's visibility, in both.

    It is a little later in the model, where Lambda's pollers look only now and then.
    """
    for account in told(lost=True):
        for queue in CHAIN:
            times = [receive.at for receive in account.receives[queue, WANTED]]
            gaps = {later - earlier for earlier, later in pairwise(times)}
            visibility = timedelta(seconds=Topology.load().queues[queue].visibility)

            assert visibility <= min(gaps)
            assert max(gaps) <= visibility + POLLS


def test_send_times_are_kept() -> None:
    """A message that SQS moves on keeps the time at which it was first sent."""
    for account in told(lost=True):
        receives = [r for queue in CHAIN for r in account.receives[queue, WANTED]]
        late = receives[0].at - receives[0].sent_at

        assert len({receive.sent_at for receive in receives}) == 1
        assert late <= 2 * POLLS
