"""The story of a schedule, or of one of its jobs: lines in the order of time."""

from simulation.history import History
from simulation.telling.cast import Cast
from simulation.telling.lines import Line, merged, narrowed
from simulation.telling.looks import Looks
from simulation.telling.others import CLOSED, Others


def story(history: History, job: str = "") -> list[Line]:
    """Return all that happened, or all about a job.

    As a whole it begins with the schedule, leaves out the jobs that no message was
    about, and that a closing came to its end: the outcome says so.
    """
    cast = Cast(history)
    told = [*Looks(cast, details=bool(job)).lines(), *Others(cast).lines()]
    if job:
        return merged(narrowed(told, job))
    touched = cast.touched()
    return merged(
        line
        for line in told
        if line.at >= history.start
        and line.text != CLOSED
        and (not line.jobs or touched.intersection(line.jobs))
    )
