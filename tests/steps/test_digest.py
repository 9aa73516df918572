"""What a digest says, line by line; and that it is short at any size."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, feed, idle_job
from idle_jobs.messages.ledger_item import LedgerItem
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import limit
from idle_jobs.policy.mass_events import mass_events
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.steps.digest import Digest, Swept
from idle_jobs.steps.digest_text import subject_of, text_of
from idle_jobs.steps.worth import worth
from idle_jobs.times import rfc3339

GIB = 1024**3
LONGEST = 256 * 1024  # bytes of a message, as SNS counts
FIRE = "\U0001f525"  # 4 bytes


def swept(*jobs: Job, rules: Rules = RULES) -> Swept:
    """Return a sweep of these jobs, judged and limited by the product."""
    verdicts = [judge(job, NOW, rules) for job in jobs]
    plan = limit(verdicts, mass_events(verdicts, NOW, rules), NOW, rules)
    return Swept(verdicts, plan, worth(verdicts, [], NOW))


def closing(job_id: str = "web", **changes: Any) -> LedgerItem:
    """Return an item of the ledger, as far as a digest reads it."""
    item: dict[str, Any] = {
        "job_id": job_id,
        "reason": "idle_datafeed_stopped",
        "closed_by": "us",
        "memory_bytes": GIB,
    }
    return item | changes


def digest(**changes: Any) -> Digest:
    """Return the digest of a day on which nothing was, and nothing is."""
    plain = Digest(
        cluster="production",
        mode=Mode.CLOSE,
        since=ago(days=1),
        until=NOW,
        closed=[],
        swept=swept(),
        saved=0,
        parked=0,
    )
    return replace(plain, **changes)


def lines(**changes: Any) -> list[str]:
    """Return the lines of a digest."""
    return text_of(digest(**changes)).splitlines()


def section(title: str, told: list[str]) -> list[str]:
    """Return the lines from a title to the next blank one."""
    [start] = [n for n, line in enumerate(told) if line.startswith(title)]
    return told[start : told.index("", start)]


def jobs(*names: str, **fields: Any) -> list[Job]:
    """Return idle jobs: each has a GiB more than the one before."""
    return [
        idle_job(job_id=name, memory_bytes=(n + 1) * GIB, **fields)
        for n, name in enumerate(names)
    ]


def test_a_day_without_anything_is_short() -> None:
    """Who reads it on a telephone sees at once that there is nothing to do."""
    told = lines()

    assert told[:10] == [
        "Cluster: production",
        "Mode: close",
        "From 2026-11-22 12:00 UTC",
        "to   2026-11-23 12:00 UTC",
        "",
        "Memory of open jobs: 0 MB",
        "Idle among it: 0 MB",
        "Saved at present: 0 MB",
        "Saved in this time: 0.0 GiB-hours",
        "",
    ]
    assert told[10:15] == [
        "CLOSED: none",
        "",
        "BEING CLOSED NOW: none",
        "",
        "NO PERSON IS NEEDED",
    ]
    assert len(told) < 40


def test_what_was_closed_is_told_by_reason_and_owner() -> None:
    """The groups and the jobs with the most memory come first."""
    told = lines(
        closed=[
            closing("a"),
            closing("b", memory_bytes=2 * GIB, owner="team-x"),
            closing("c", memory_bytes=4 * GIB, owner="team-x"),
            closing("d", reason="requested", closed_by="unknown"),
        ]
    )

    assert section("CLOSED", told) == [
        "CLOSED: 4 jobs, 8.0 GB",
        "idle_datafeed_stopped, team-x",
        "    4.0 GB  c",
        "    2.0 GB  b",
        "idle_datafeed_stopped",
        "    1.0 GB  a",
        "requested",
        "    1.0 GB  d",
        "Perhaps closed by somebody else: 1",
    ]


@pytest.mark.parametrize(
    ("mode", "title", "subject"),
    [
        (Mode.OBSERVE, "WOULD BE CLOSED NOW", "observe: 0 closed, 3 would be"),
        (Mode.CLOSE, "BEING CLOSED NOW", "close: 0 closed, 3 being closed"),
    ],
)
def test_what_a_sweep_sends_is_told(mode: Mode, title: str, subject: str) -> None:
    """A watch is left out: somebody else is closing that job."""
    one = digest(mode=mode, swept=swept(*jobs("a", "b", "c"), _closing_job()))
    told = text_of(one).splitlines()

    assert subject_of(one) == f"Idle jobs, production, {subject}"
    assert section(title, told) == [
        f"{title}: 3 jobs, 6.0 GB",
        "idle_datafeed_stopped",
        "    3.0 GB  c",
        "    2.0 GB  b",
        "    1.0 GB  a",
    ]
    assert "Memory of open jobs: 6.5 GB" in told
    assert "Idle among it: 6.0 GB" in told


def _closing_job() -> Job:
    return idle_job(job_id="watched", state=State.CLOSING)


def test_what_is_limited_is_told() -> None:
    """With why, and as much memory as is held."""
    told = lines(swept=swept(*jobs("a", "b"), rules=Rules(max_closes_per_sweep=1)))

    assert section("HELD BACK", told) == [
        "HELD BACK: 1 job, 2.0 GB",
        "over_limit",
        "    2.0 GB  b",
    ]


def test_what_is_halted_is_told_with_its_event() -> None:
    """When the jobs became idle leads to what stopped then."""
    many = [f"j{n}" for n in range(6)]
    told = lines(swept=swept(*jobs(*many, last_data=ago(days=3))))

    held = section("HELD BACK", told)
    assert held[:3] == ["HELD BACK: 6 jobs, 21.0 GB", "sweep_halted", "    6.0 GB  j5"]
    at = rfc3339(ago(days=1))
    assert held[-1] == f"6 of 6 open jobs became idle from {at} to {at}"


def test_what_is_only_reported_is_told_by_owner() -> None:
    """An owner who asked for reports finds the own jobs under the own name."""
    asked = Owner(mode=OwnerMode.NOTIFY, name="team-x")
    told = lines(swept=swept(*jobs("a", owner=asked), idle_job(datafeed=None)))

    assert section("REPORTED", told) == [
        "REPORTED, AND LEFT AS THEY ARE: 2 jobs, 1.5 GB",
        "idle_datafeed_stopped, team-x",
        "    1.0 GB  a",
        "idle_no_datafeed",
        "    512 MB  web",
    ]


def test_what_needs_a_person_has_its_detail() -> None:
    """A datafeed that is on no node, and what is parked."""
    lost = feed(
        "started", assigned=False, real_time_running=None, explanation="no\nnode"
    )
    told = lines(swept=swept(idle_job(datafeed=lost)), parked=2)

    why = "quiet for 10d, datafeed started, but on no node: no?node"
    assert section("A PERSON", told) == [
        "A PERSON IS NEEDED",
        "Parked requests: 2, see idle-jobs parked",
        "datafeed_unassigned",
        "    512 MB  web",
        f"    {why}",
    ]


def _unassigned(explanation: str) -> Datafeed:
    none: dict[str, Any] = {"assigned": False, "real_time_running": None}
    return feed("started", explanation=explanation, **none)


def test_a_job_that_is_stuck_opening_needs_a_person() -> None:
    """It waits for memory, or its node is lost."""
    job = idle_job(state=State.OPENING, open_start=None, explanation="no room")

    assert "opening" in section("A PERSON", lines(swept=swept(job)))


def test_what_sqs_did_not_count_is_no_zero() -> None:
    """Somebody has to look."""
    told = section("A PERSON", lines(parked=None))

    assert told[1:] == ["Parked requests were not counted: idle-jobs parked"]


def test_what_the_ledger_did_not_say_is_left_out() -> None:
    """Nothing is known of what is saved."""
    one = swept()
    unknown = replace(one, worth=replace(one.worth, saved=None))

    assert not [n for n in lines(swept=unknown, saved=None) if n.startswith("Saved")]


@pytest.mark.parametrize(
    ("paused_for", "says"), [(None, "PAUSED"), (timedelta(days=3), "PAUSED for 3d")]
)
def test_a_pause_is_told(paused_for: timedelta | None, says: str) -> None:
    """And how to end it; nothing is judged, so nothing is said of idle jobs."""
    paused = {"mode": Mode.PAUSED, "swept": None, "paused_for": paused_for}
    told = lines(**paused, closed=[closing()])

    assert section("PAUSED", told) == [
        f"{says}: no job is judged or closed.",
        "To go on: idle-jobs resume",
    ]
    assert section("CLOSED", told)[0] == "CLOSED: 1 job, 1.0 GB"
    assert "BEING CLOSED" not in "".join(told)
    assert subject_of(digest(**paused)) == "Idle jobs, production, paused: 0 closed"


def test_each_list_ends_with_how_many_more() -> None:
    """And with the command that shows the rest."""
    many = [closing(f"j{n}", owner=f"team-{n % 20:02}") for n in range(200)]
    told = section("CLOSED", lines(closed=many))

    assert told[0] == "CLOSED: 200 jobs, 200.0 GB"
    assert told.count("  and 2 more: idle-jobs history") == 12
    assert told[-1] == "and 80 jobs, 80.0 GB more: idle-jobs history"


@pytest.mark.parametrize(
    ("parked", "says"), [(0, ""), (1, ", 2 need you"), (None, ", 1 needs you")]
)
def test_the_subject_says_how_much_needs_a_person(
    parked: int | None, says: str
) -> None:
    """Jobs to look at, and parked requests."""
    lost = [idle_job(datafeed=_unassigned("no node"))] if says else []

    assert subject_of(digest(swept=swept(*lost), parked=parked)) == (
        f"Idle jobs, production, close: 0 closed{says}"
    )


@pytest.mark.parametrize("count", [0, 3, 10_000])
def test_a_digest_fits_a_telephone_and_sns(count: int) -> None:
    """With the longest names, owners and details that there can be."""
    asked = Owner(mode=OwnerMode.NOTIFY)
    lost = feed(
        "started",
        assigned=False,
        real_time_running=None,
        explanation="\U0001f525" * 500,
    )
    owners = ["\U0001f525" * 97 + f"{n:03}" for n in range(500)]
    every = [
        idle_job(
            job_id=f"{n:064}",
            memory_bytes=n * GIB,
            owner=replace(asked, name=owners[n % 500], mode=mode),
            datafeed=datafeed,
        )
        for n in range(count)
        for mode, datafeed in [
            [(None, feed()), (OwnerMode.NOTIFY, feed()), (None, lost)][n % 3]
        ]
    ]
    items = [
        closing(job.job_id, owner=job.owner.name, memory_bytes=job.memory_bytes)
        for job in every
    ]
    one = digest(cluster="c" * 40, mode=Mode.OBSERVE, closed=items, swept=swept(*every))
    text = text_of(one)

    assert len(text.encode()) < LONGEST
    assert len(subject_of(one)) < 100
    assert subject_of(one).isascii()
    # The names of owners and the details of others are as long as they are.
    own = [line for line in text.splitlines() if line.isascii()]
    assert max(map(len, own)) <= 78
    assert text.count("TO KEEP A JOB OPEN") == text.count("TO REOPEN A JOB") == 1


def test_what_is_written_by_us_is_narrow() -> None:
    """Lines of 60 characters are read on a telephone without scrolling."""
    told = lines(closed=[closing()], swept=swept(*jobs("a", "b")), parked=1)

    assert max(map(len, told)) <= 60


def test_a_digest_has_the_time_in_utc() -> None:
    """Who reads it may be anywhere."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert "From 2026-01-02 03:04 UTC" in lines(since=at)
