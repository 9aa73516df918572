"""How a request for a job ends, in one value."""

from dataclasses import replace

import pytest

from builders import ago, closed_job, persons_message
from idle_jobs.messages.outcome import Ended, Outcome, outcome_of
from idle_jobs.policy.owner import Owner
from idle_jobs.reasons import Reason

MIB = 1024**2
JOB = closed_job(owner=Owner(name="team-x"))
CLOSED = Outcome(
    ended=Ended.CLOSED,
    reason=Reason.REQUESTED,
    job_id="web",
    terms=persons_message(),
    detail="as asked",
    owner="team-x",
    memory_bytes=512 * MIB,
    finished=ago(minutes=1),
)
MEMORY = {
    "closed": (Ended.CLOSED, 512 * MIB),
    "force closed": (Ended.FORCE_CLOSED, 512 * MIB),
    "skipped": (Ended.SKIPPED, 0),
    "parked": (Ended.PARKED, 0),
}


@pytest.mark.parametrize(("ended", "expected"), MEMORY.values(), ids=MEMORY)
def test_only_a_closing_frees_memory(ended: Ended, expected: int) -> None:
    """What was left alone freed nothing, and the rest of the outcome is the same."""
    outcome = outcome_of(persons_message(), JOB, ended, Reason.REQUESTED, "as asked")

    assert replace(CLOSED, ended=ended, memory_bytes=expected) == outcome


def test_a_job_that_is_gone_has_an_outcome() -> None:
    """Without a job there is no owner, no memory and no finish."""
    outcome = outcome_of(persons_message(), None, Ended.SKIPPED, Reason.GONE, "gone")
    expected = Outcome(
        Ended.SKIPPED,
        Reason.GONE,
        "web",
        persons_message(),
        detail="gone",
    )

    assert expected == outcome


def test_a_closing_has_a_name() -> None:
    """The job and its finish name one closing, whoever asked for it."""
    assert "web@2026-11-23T11:59:00Z" == CLOSED.closing


def test_a_closing_without_a_finish_has_none() -> None:
    """A node that was lost while closing leaves no finish behind."""
    assert "" == replace(CLOSED, finished=None).closing
