"""Something opens a job again after each closing, as Terraform does at each apply.

`elasticstack_elasticsearch_ml_job_state` declares that a job is opened. So every apply
opens what a sweep has closed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from idle_jobs.times import rfc3339
from local.runner import Runner
from stacks import add_idle, ends, ledger_heard, ledger_refused, sweep

pytestmark = pytest.mark.slow

HALF_A_DAY = timedelta(hours=12)
APPLY = timedelta(hours=1)


def days(stack: Runner, count: int) -> Iterator[datetime]:
    """Sweep twice a day, and apply after each sweep; yield when the job was closed."""
    job = stack.cluster.jobs["web"]
    for _ in range(2 * count):
        sweep(stack)
        stack.poll()
        stack.shift(APPLY)
        if job.state == "closed":
            assert job.finished is not None
            yield job.finished
            job.begin_open(stack.now, "")
        stack.shift(HALF_A_DAY - APPLY)


def owned(stack: Runner, **settings: str) -> None:
    """Let the owner of the job write settings."""
    stack.cluster.jobs["web"].custom_settings = {"idle_closer": settings}


def test_what_terraform_opens_is_closed_twice_and_then_left_alone(
    stack: Runner,
) -> None:
    """After IdleAfter, after twice as long, and then not until its owner speaks."""
    add_idle(stack)
    first, second = days(stack, 30)
    reported = sweep(stack)
    owned(stack, owner="team-x")
    [*named] = days(stack, 2)
    owned(stack, mode="auto")
    [*spoken] = days(stack, 2)

    opened = first + APPLY
    assert timedelta(days=4) <= second - opened <= timedelta(days=4) + HALF_A_DAY
    assert reported["verdicts"] == {"flapping": 1}
    assert (reported["sent"], reported["memory"]["idle"]) == (0, {})
    assert stack.metrics["JobsNeedAttention"] > 0
    assert "closed by us 2 times since" in reported["jobs"][0]["detail"]
    assert (named, len(spoken)) == ([], 1)


def test_a_job_that_its_people_use_again_is_closed_as_late(stack: Runner) -> None:
    """Data after the opening counts as it does for any job, and for twice as long."""
    add_idle(stack)
    job = stack.cluster.jobs["web"]
    [_] = days(stack, 1)
    stack.shift(timedelta(days=3))
    job.last_data = stack.now
    [closed] = days(stack, 8)

    assert closed - job.last_data >= timedelta(days=4)


def twice_closed(stack: Runner) -> None:
    """Let a job come back twice, and be quiet for long enough since."""
    add_idle(stack)
    assert len([*days(stack, 14)]) == 2
    stack.log.clear()


@pytest.mark.parametrize("redriven", [False, True])
def test_a_request_for_idle_jobs_leaves_it_alone(stack: Runner, redriven: bool) -> None:
    """It is judged as in a sweep, and so is a message of a sweep that was parked."""
    twice_closed(stack)
    message = {"version": 1, "cluster": "demo", "origin": "schedule", "request_id": "r"}
    message |= {"requested_at": rfc3339(stack.now)}
    stack.request(job_id="web", only_if_idle=True, **(message if redriven else {}))
    stack.poll()

    assert ends(stack) == ["web: skipped flapping"]


def test_a_person_who_asks_for_the_job_gets_it_closed(stack: Runner) -> None:
    """Who names it knows what they do; that close does not count, either."""
    twice_closed(stack)
    stack.request(job_id="web")
    stack.poll()
    stack.poll()
    items = stack.ledger()

    assert ends(stack) == ["web: closed requested"]
    assert [item.get("only_if_idle", False) for item in items] == [True, True, False]


def test_without_the_ledger_every_job_is_judged_like_any_other(stack: Runner) -> None:
    """A ledger that is away delays no close, and the log says so."""
    twice_closed(stack)
    with ledger_refused():
        summary = sweep(stack)

    assert summary["sent"] == 1
    assert [line["message"] for line in stack.log if line["level"] == "ERROR"] == [
        "ledger_away"
    ]


def test_a_batch_of_requests_reads_the_ledger_once(stack: Runner) -> None:
    """As it reads the cluster; a sweep reads and writes which jobs are open, too."""
    add_idle(stack)
    for n in range(3):
        stack.request(job_id="web", only_if_idle=True, request_id=f"r-{n}")

    with ledger_heard() as heard:
        stack.take_one("Sweeper")
        of_requests = [*heard]
        sweep(stack)

    assert of_requests == ["Query"]
    assert heard[1:] == ["Query", "Query", "PutItem"]
