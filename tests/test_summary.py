"""The summary of a sweep: its words, and what it says of each job."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, RULES, ago, closed_job, feed, idle_job
from idle_jobs.elastic.job_reader import LONGEST_TEXT
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.modes import NOBODY, ModeSet
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, limit
from idle_jobs.policy.mass_events import mass_events
from idle_jobs.policy.owner import Owner
from idle_jobs.policy.rules import Rules
from idle_jobs.summary import MOST_LISTED, summary_of
from idle_jobs.times import rfc3339

DAY = timedelta(days=1)
NAMES = ("sweep", "hold_reason", "hold_detail")
HALTED = (
    "6 of 11 open jobs became idle from 2026-11-22T12:00:00Z to 2026-11-22T12:00:00Z; "
    "held until 2026-11-29T12:00:00Z"
)
ALL = Request(job_id="*", request_id="r", requested_at=NOW, sent_at=NOW)
IN_WORDS = {
    "closing": (Mode.CLOSE, 2, None, "closing 2 jobs, holding back 0"),
    "closing one": (Mode.CLOSE, 1, None, "closing 1 job, holding back 0"),
    "observing": (Mode.OBSERVE, 2, None, "observing: 2 jobs would be closed"),
    "observing for long": (
        Mode.OBSERVE,
        1,
        30 * DAY,
        "observing for 30d: 1 job would",
    ),
    "paused": (Mode.PAUSED, 0, None, "paused: nothing is read and nothing is closed"),
    "paused for long": (Mode.PAUSED, 0, 10 * DAY, "paused for 10d: nothing is read"),
    "paused just now": (Mode.PAUSED, 0, 0 * DAY, "paused for 0s: nothing is read"),
}


@pytest.mark.parametrize(
    ("mode", "jobs", "age", "words"), IN_WORDS.values(), ids=IN_WORDS
)
def test_a_mode_is_told_in_words(
    mode: Mode, jobs: int, age: timedelta | None, words: str
) -> None:
    """What it lets become of the jobs, and for how long it has done so (R11)."""
    plan = Plan(tuple(judge(idle_job(job_id=f"j{n}"), NOW, RULES) for n in range(jobs)))
    written = ModeSet(NOW - age if age is not None else None)
    summary = summary_of(ALL, plan.send, plan, mode, written, NOW)

    assert summary["in_words"].startswith(words)
    assert (summary["mode"], summary["sent"]) == (str(mode), jobs)


def test_who_set_the_mode_is_told() -> None:
    """So a change of the mode is in the log; what is not known is left out."""
    ann = "arn:aws:sts::123456789012:assumed-role/ops/ann"
    known, never, unknown = (
        summary_of(ALL, [], Plan(()), Mode.OBSERVE, written, NOW)
        for written in (ModeSet(ago(days=1), ann), ModeSet(by=NOBODY), ModeSet())
    )

    assert (known["mode_set_by"], known["mode_set_at"]) == (ann, rfc3339(ago(days=1)))
    assert never["mode_set_by"] == "nobody"
    assert not {"mode_set_by", "mode_set_at"} & (unknown.keys() | {*never} - {*known})


def swept(*jobs: Job, rules: Rules = RULES) -> dict[str, Any]:
    """Return the summary of a sweep over these jobs."""
    verdicts = [judge(job, NOW, rules) for job in jobs]
    plan = limit(verdicts, mass_events(verdicts, NOW, rules), NOW, rules)
    return summary_of(ALL, verdicts, plan, Mode.OBSERVE, ModeSet(), NOW)


def test_each_job_says_whether_it_is_sent_or_held() -> None:
    """A job has what a sweep does with it beside its verdict; a kept one has nothing.

    The detail of what is over the limit is the verdict's, so it is not there twice.
    """
    summary = swept(
        idle_job(job_id="large", memory_bytes=2**40),
        idle_job(job_id="small", memory_bytes=0),
        *(idle_job(job_id=f"young-{n}", last_data=ago(days=3)) for n in range(6)),
        closed_job(job_id="done"),
        idle_job(job_id="busy", last_data=NOW),
        idle_job(job_id="going", state=State.CLOSING),
        rules=replace(RULES, max_closes_per_sweep=2),
    )
    held = {"sweep": "hold", "hold_reason": "sweep_halted", "hold_detail": HALTED}
    told = {
        job["job_id"]: {name: job[name] for name in NAMES if name in job}
        for job in summary["jobs"]
    }

    assert told == {
        "large": {"sweep": "send"},
        "small": {"sweep": "hold", "hold_reason": "over_limit"},
        **{f"young-{n}": held for n in range(6)},
        "busy": {},
        "going": {"sweep": "send"},
    }
    assert (summary["sent"], summary["held"]) == (2, 7)


def test_what_is_sent_or_held_is_not_cut() -> None:
    """Of more jobs than are listed, those that are kept are left out first."""
    kept = (idle_job(job_id=f"a-{n:05}", last_data=NOW) for n in range(MOST_LISTED))
    summary = swept(*kept, idle_job(job_id="web"))

    assert summary["jobs"][0]["job_id"] == "web"
    assert (len(summary["jobs"]), summary["jobs_cut"]) == (MOST_LISTED, 1)


LONG = {
    "held jobs": {"last_data": ago(days=3)},
    "datafeeds without a node, each with its explanation": {
        "datafeed": feed("started", assigned=False, explanation="x" * LONGEST_TEXT)
    },
}


@pytest.mark.parametrize("changes", LONG.values(), ids=LONG)
def test_the_longest_answer_fits_into_what_lambda_returns(
    changes: dict[str, Any],
) -> None:
    """The Sweeper would fail with more than 6 MB: ids and names are the longest."""
    owner = Owner(name="x" * 100)
    ids = (f"{n:064}" for n in range(MOST_LISTED))
    summary = swept(*(idle_job(job_id=i, owner=owner, **changes) for i in ids))

    assert len(json.dumps(summary)) < 6_000_000
