"""Lines of a story: how they are ordered, told apart and summed up."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from idle_jobs.times import spoken

# More jobs than these are not all named in one line.
NAMED = 20
SHOWN = 5


class Line(NamedTuple):
    """Who did what at which time, and to which jobs: none stands for all of them.

    `kind` is how it is to look: as an end, or as a `fault`. Lines with the same words
    in one `group` are told as one. `whom` are the jobs whose stories it belongs to,
    where those are not `jobs`.
    """

    at: datetime
    who: str
    jobs: tuple[str, ...]
    text: str
    kind: str = ""
    group: object = None
    whom: Collection[str] = ()

    def is_about(self, job: str) -> bool:
        """Tell whether it belongs to the story of a job."""
        whom = self.jobs or self.whom
        return job in whom or not whom


def clock(span: timedelta) -> str:
    """Return a time since the start, or how long before it."""
    if span < timedelta():
        return f"{spoken(-span).split()[0]} before"
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes // 60}h {minutes % 60:02}m {seconds:02}s"


def narrowed(lines: Iterable[Line], job: str) -> Iterator[Line]:
    """Yield the lines of one job's story; each names no other job."""
    for line in lines:
        if line.is_about(job):
            yield line._replace(jobs=(job,) if line.jobs else ())


def merged(lines: Iterable[Line]) -> list[Line]:
    """Return lines by time; those of one group that say the same are one."""
    found: dict[object, Line] = {}
    for number, line in enumerate(sorted(lines, key=lambda line: line.at)):
        same = (line.group, line.text) if line.group else number
        first = found.setdefault(same, line)
        if first is not line:
            jobs = dict.fromkeys((*first.jobs, *line.jobs))
            found[same] = first._replace(jobs=tuple(jobs))
    return list(found.values())


def named(jobs: Collection[str]) -> str:
    """Name jobs, in order, but not all of very many."""
    ids = sorted(jobs)
    if len(ids) <= NAMED:
        return " ".join(ids)
    return f"{' '.join(ids[:SHOWN])} and {len(ids) - SHOWN} more"
