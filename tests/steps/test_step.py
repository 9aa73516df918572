"""What a step is called in a log line."""

from datetime import timedelta

import pytest

from builders import idle_job
from idle_jobs.reasons import Reason
from idle_jobs.steps.step import Close, Force, HandOver, Park, Step, Wait

STEPS: dict[str, Step] = {
    "close": Close(idle_job(), "30m"),
    "force: failed": Force(idle_job(), Reason.FAILED),
    "wait: still_closing": Wait(timedelta(minutes=1), Reason.STILL_CLOSING),
    "hand over: failed": HandOver(Reason.FAILED),
    "park: too_many": Park(Reason.TOO_MANY, "200 jobs"),
}


@pytest.mark.parametrize(("expected", "step"), STEPS.items(), ids=STEPS)
def test_a_step_says_what_it_would_do(expected: str, step: Step) -> None:
    """In observe mode a message ends with these words after `would`."""
    assert expected == str(step)
