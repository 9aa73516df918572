"""Notice before closing, by a stack: announced once, held, closed or announced anew."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from idle_jobs.event_bus import ANNOUNCEMENT
from idle_jobs.times import rfc3339
from listener import Listener
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_idle, after, ends, ledger_refused, posts, sweep
from standin.cluster import Cluster

HELD = "web: skipped announced"
JOB_ANNOUNCED = '{"detail-type": ["Job announced"]}'
CLOSED = "web: closed idle_datafeed_stopped"


@pytest.fixture
def stack() -> Iterator[Runner]:
    """Yield a stack that gives two days of notice, and sends events.

    It sweeps when the test does.
    """
    given = {"NoticePeriod": "2d", "EventBusName": "outcomes"}
    with Runner(Cluster(), START, DAILY | given, disabled={"Sweeper"}) as one:
        yield one


def sweep_after(stack: Runner, **span: float) -> Any:
    """Let time pass, sweep, and let all that follows happen."""
    stack.run(stack.now + timedelta(**span))
    summary = sweep(stack)
    stack.run(stack.now + timedelta(minutes=5))
    return summary


def announced(stack: Runner) -> list[dict[str, Any]]:
    """Return the items of announcements."""
    return [i for i in stack.ledger() if i["closed"].startswith("announced ")]


def test_a_job_is_announced_then_closed(stack: Runner) -> None:
    """By a sweep after the notice, and by none before it."""
    listener = Listener("outcomes", JOB_ANNOUNCED)
    owned = {"idle_closer": {"owner": "team-x"}}
    add_idle(stack, custom_settings=owned)
    first = sweep_after(stack)
    for _ in range(3):
        sweep_after(stack, hours=15)
    held, told = ends(stack), listener.heard
    sweep_after(stack, hours=4)

    assert (first["announced"], first["why_held"]) == (1, {"announced": 1})
    assert held == [HELD] * 4
    assert [each["detail-type"] for each in told] == [ANNOUNCEMENT]
    assert told[0]["detail"]["owner"] == "team-x"
    assert told[0]["detail"]["may_be_closed_from"] == rfc3339(after(days=2))
    assert ends(stack)[4:] == [CLOSED]
    assert len(announced(stack)) == 1


def test_who_uses_a_job_is_told_anew(stack: Runner) -> None:
    """Its owner has the whole notice again, from when it is idle again."""
    add_idle(stack)
    sweep_after(stack)
    [first] = announced(stack)
    stack.cluster.jobs["web"].last_data = after(days=1)
    for _ in range(2):
        sweep_after(stack, days=2)
    [second] = announced(stack)
    sweep_after(stack, days=2)

    assert first["announced_at"] == rfc3339(START)
    assert second["announced_at"] > rfc3339(after(days=3))
    assert ends(stack) == [HELD, HELD, CLOSED]


def test_an_owner_who_asked_for_reports_is_told_once(stack: Runner) -> None:
    """And the job stays open."""
    listener = Listener("outcomes", JOB_ANNOUNCED)
    asked = {"idle_closer": {"mode": "notify", "owner": "team-x"}}
    add_idle(stack, custom_settings=asked)
    sweep_after(stack)
    [told] = listener.heard
    for _ in range(2):
        sweep_after(stack, days=2)

    assert listener.heard == []
    assert (told["detail"]["action"], told["detail"]["owner"]) == ("report", "team-x")
    assert "may_be_closed_from" not in told["detail"]
    assert posts(stack) == []


def test_nothing_is_closed_while_the_ledger_is_away(stack: Runner) -> None:
    """Also what was announced: nobody knows whether it was."""
    add_idle(stack)
    sweep_after(stack)
    stack.run(after(days=3))
    with ledger_refused():
        refused = sweep(stack)
    stack.run(stack.now + timedelta(minutes=5))

    assert (refused["sent"], refused["why_held"]) == (0, {"announced": 1})
    assert [line["job_id"] for line in stack.log if line["message"] == "ledger_away"]
    assert posts(stack) == []
    sweep_after(stack)
    assert ends(stack) == [HELD, HELD, CLOSED]


def test_what_the_ledger_does_not_take_is_not_announced(stack: Runner) -> None:
    """There is one try, no event, and the next sweep announces it."""
    listener = Listener("outcomes", JOB_ANNOUNCED)
    add_idle(stack)
    add_idle(stack, "other")
    with ledger_refused():
        refused = sweep(stack)
    away = [line for line in stack.log if line["message"] == "ledger_away"]

    assert "announced" not in refused
    assert [line["job_id"] for line in away].count("") == 2  # It was read twice.
    assert len(away) == 3
    assert listener.heard == []
    assert sweep_after(stack)["announced"] == 2


def test_in_observe_nobody_is_told(stack: Runner) -> None:
    """The summary says what would be announced, and the notice begins later."""
    listener = Listener("outcomes", JOB_ANNOUNCED)
    add_idle(stack)
    stack.set_mode("observe")
    summary = sweep_after(stack)
    observed = announced(stack), listener.heard
    stack.set_mode("close")
    sweep_after(stack, days=3)

    assert summary["why_held"] == {"announced": 1}
    assert "not announced yet" in summary["jobs"][0]["hold_detail"]
    assert observed == ([], [])
    assert [each["detail-type"] for each in listener.heard] == [ANNOUNCEMENT]
    assert posts(stack) == []


def test_a_person_needs_no_notice(stack: Runner) -> None:
    """Neither for one job nor for all that are idle."""
    add_idle(stack)
    add_idle(stack, "other")
    stack.request(job_id="web")
    stack.request(job_id="*", only_if_idle=True)
    stack.run(after(minutes=10))

    assert {each.partition(" ")[2][:6] for each in ends(stack)} == {"closed"}
    assert announced(stack) == []


def test_a_job_is_announced_once_whatever_is_read(stack: Runner) -> None:
    """The ledger is read in vain, and says at the write that it knows the job.

    Nor do two sweeps at the same time announce it twice.
    """
    listener = Listener("outcomes", JOB_ANNOUNCED)
    add_idle(stack)
    sweep_after(stack)
    with ledger_refused("dynamodb.Query"):
        unread = sweep_after(stack, hours=1)

    assert unread["why_held"] == {"announced": 1}
    assert "announced" not in unread
    assert [each["detail"]["announced_at"] for each in listener.heard] == [
        rfc3339(START)
    ]
