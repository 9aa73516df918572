"""How many jobs a person's request may close, in itself and over a day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOW, ago, closed_job, idle_job
from idle_jobs.messages.request import Request
from idle_jobs.policy import limits_of_requests
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.limits import Read
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason
from idle_jobs.steps.sweep_results import asked_for

ASKED = ago(minutes=1)


def request(job_id: str = "web-*", **fields: Any) -> Request:
    """Return a person's request of a minute ago."""
    return Request(
        job_id=job_id,
        request_id="ann-1",
        requested_at=ASKED,
        sent_at=ASKED,
        **({"only_if_idle": False} | fields),
    )


def opened(count: int, name: str = "web", **fields: Any) -> list[Job]:
    """Return jobs that are open and busy."""
    fields = {"last_data": NOW} | fields
    return [idle_job(job_id=f"{name}-{n:03}", **fields) for n in range(count)]


def gone(jobs: Iterable[Job], finished: datetime = NOW) -> list[Job]:
    """Return these jobs as they are once they were closed."""
    return [replace(job, state=State.CLOSED, finished=finished) for job in jobs]


def refusal(
    asked: Request,
    jobs: list[Job],
    others: Iterable[Job] = (),
    sent: Iterable[str] = (),
    **rules: int,
) -> tuple[Reason, str] | None:
    """Return why a request for these jobs is refused, among others of the cluster."""
    read = Read([*jobs, *others], set(sent))
    found = limits_of_requests.refusal(
        asked_for(asked, jobs),
        read,
        NOW,
        Rules(**rules),  # type: ignore[arg-type]
    )
    return (found.reason, found.why) if found else None


@pytest.mark.parametrize(("count", "parked"), [(99, False), (100, False), (101, True)])
def test_a_request_may_close_as_many_as_its_limit(count: int, parked: bool) -> None:
    """A hundred are within a limit of a hundred, one more is not (the mutant `>=`)."""
    told = refusal(request(), opened(count), max_closes_per_day=1000)
    why = f"job_id: {count} jobs are not closed yet, expected at most 100"

    assert told == ((Reason.TOO_MANY, why) if parked else None)


def test_closed_jobs_take_no_place_in_a_request() -> None:
    """What was closed long ago is not closed again."""
    done = gone(opened(50, "done"), ago(days=3))

    assert refusal(request(), [*opened(100), *done]) is None


@pytest.mark.parametrize(("before", "parked"), [(60, False), (61, True)])
def test_a_day_has_a_limit(before: int, parked: bool) -> None:
    """Forty more after sixty are a hundred; after 61 they are parked (R12)."""
    told = refusal(request(), opened(40), gone(opened(before, "other"), ago(hours=20)))
    why = (
        "job_id: 61 jobs were closed within a day or are closing; with 40 more there "
        "would be 101, expected at most 100"
    )

    assert told == ((Reason.OVER_DAILY_LIMIT, why) if parked else None)


OTHERS = {
    "closed a day ago": (gone(opened(90, "other"), ago(hours=24)), (), True),
    "closed before that": (gone(opened(90, "other"), ago(hours=24, seconds=6)), (), 0),
    "closing just now": (opened(90, "other", state=State.CLOSING), (), True),
    "open": (opened(90, "other"), (), False),
    "sent by a request of the same batch": (
        opened(90, "other"),
        [f"other-{n:03}" for n in range(90)],
        True,
    ),
    "sent and closing, which is one": (
        opened(60, "other", state=State.CLOSING),
        [f"other-{n:03}" for n in range(60)],
        False,
    ),
    "some of each": (
        [
            *gone(opened(25, "other"), ago(hours=2)),
            *opened(25, "slow", state=State.CLOSING),
        ],
        [f"new-{n}" for n in range(25)],
        True,
    ),
}


@pytest.mark.parametrize(("others", "sent", "parked"), OTHERS.values(), ids=OTHERS)
def test_what_a_day_has_closed_is_read_from_the_cluster(
    others: list[Job], sent: list[str], parked: bool
) -> None:
    """Closed, closing and sent, by whomever, and each job once (R12)."""
    assert bool(refusal(request(), opened(30), others, sent)) is bool(parked)


def test_a_job_that_is_asked_for_and_closing_is_one() -> None:
    """Sixty jobs that are closing, or were just sent, are sixty and not 120 (R12)."""
    closing = opened(60, state=State.CLOSING)

    assert refusal(request(), closing) is None
    assert refusal(request(), opened(60), sent=[j.job_id for j in closing]) is None


@pytest.mark.parametrize("expression", ["team", "web-*", "web-000,web-001"])
def test_the_days_limit_is_for_more_than_one_id(expression: str) -> None:
    """A group, a wildcard and a list are parked where one exact id goes on (R12)."""
    full = gone(opened(100, "other"), ago(hours=1))
    [one] = opened(1)

    told = refusal(request(expression), [one], full)
    assert told
    assert told[0] is Reason.OVER_DAILY_LIMIT
    assert refusal(request("web-000"), [one], full) is None


def test_a_request_that_was_carried_out_is_not_parked_for_the_day() -> None:
    """Delivered once more it has nothing left to close, and what is left is its own."""
    hundred = opened(100)
    half = [*gone(hundred[:50]), *hundred[50:]]

    assert refusal(request(), hundred) is None
    assert refusal(request(), half) is None
    assert refusal(request(), gone(hundred), gone(opened(9, "other"))) is None


@pytest.mark.parametrize("expression", ["_all", "*", "web-*", "team", "web-000,web-1"])
@pytest.mark.parametrize(("expected", "parked"), [(250, False), (249, True), (251, 1)])
def test_a_request_that_was_counted_is_taken(
    expression: str, expected: int, parked: bool
) -> None:
    """Beyond both limits, if its number is right; else both numbers are told (R15)."""
    done = gone(opened(40, "done"), ago(hours=3))
    asked = request(expression, expected_jobs=expected, only_if_idle=None)
    why = f"expected_jobs: 250 jobs are not closed yet, expected {expected}"

    told = refusal(asked, [*opened(250), *done], max_closes_per_day=1)
    assert told == ((Reason.UNEXPECTED_NUMBER, why) if parked else None)


@pytest.mark.parametrize("done", [0, 1, 17, 30])
def test_a_counted_request_is_not_parked_after_it_was_carried_out(done: int) -> None:
    """It comes again when some or all of its jobs are closed: they count (R15)."""
    jobs = opened(30)
    asked = request("*", expected_jobs=30)

    assert refusal(asked, [*gone(jobs[:done]), *jobs[done:]]) is None


def test_what_was_created_since_was_not_meant() -> None:
    """A job that is put between two deliveries makes the number no other (R15)."""
    new = opened(1, "new", created=NOW, open_start=NOW)

    assert refusal(request("*", expected_jobs=30), [*opened(30), *new]) is None


def test_a_redriven_request_counts_from_its_new_sending() -> None:
    """What was closed while it was parked is closed: the number has to be right now."""
    asked = replace(request("*", expected_jobs=30), requested_at=ago(days=1))
    jobs = opened(30)
    since = [*gone(jobs[:5], ago(hours=2)), *jobs[5:]]

    assert refusal(asked, jobs) is None
    assert refusal(asked, since) == (
        Reason.UNEXPECTED_NUMBER,
        "expected_jobs: 25 jobs are not closed yet, expected 30",
    )


def test_a_name_that_is_a_groups_is_counted_like_any_other() -> None:
    """One exact name with expected_jobs: 1 closes no group of twelve (R15)."""
    told = refusal(request("team", expected_jobs=1), opened(12, groups=("team",)))

    assert told
    assert told[0] is Reason.UNEXPECTED_NUMBER
    assert refusal(request("web", expected_jobs=1), [idle_job()]) is None


def test_failed_and_unreadable_jobs_are_not_closed() -> None:
    """Whoever counts what is not closed counts them, too."""
    odd = [
        idle_job(job_id="failed", state=State.FAILED),
        idle_job(job_id="odd", state=None),
        closed_job(job_id="done", finished=ago(days=2)),
    ]

    assert refusal(request("*", expected_jobs=2), odd) is None


def test_the_day_is_24_hours_to_the_second() -> None:
    """A closing is counted until it is 24 hours old by any clock."""
    jobs, old = opened(1), timedelta(hours=24)
    full = gone(opened(100, "other"), NOW - old)

    assert refusal(request(), jobs, full)
    assert (
        refusal(request(), jobs, gone(full, NOW - old - timedelta(seconds=6))) is None
    )
