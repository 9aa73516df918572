"""The words of a summary, for who does not know the modes."""

from datetime import timedelta

import pytest

from builders import NOW, RULES, idle_job
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan
from idle_jobs.summary import summary_of

DAY = timedelta(days=1)
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
    summary = summary_of(
        Request(job_id="*", request_id="r", requested_at=NOW, sent_at=NOW),
        plan.send,
        plan,
        mode,
        age,
    )

    assert summary["in_words"].startswith(words)
    assert (summary["mode"], summary["sent"]) == (str(mode), jobs)
