"""How an expression of ids, groups and wildcards becomes a list of jobs."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from standin.cluster.errors import blank_id, not_found
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning

Visible = Callable[[Job], bool]

# No answer names more jobs, and nothing pages.
MOST = 10_000

# Pull requests 157929 and 158020 were merged into these lines on 31 August 2026. That
# the patches next to be built were the first to have them is assumed.
_FIXED = (((8, 19, 22), (8, 20)), ((9, 4, 7), (9, 5)), ((9, 5, 3), (99,)))


def configured(job: Job) -> bool:
    """Say whether an action on configured jobs finds this one."""
    return job.config and not job.deleting


def known(job: Job) -> bool:
    """Find orphans too: jobs with a task and without a configuration."""
    return not job.deleting if job.config else job.has_task


def find_jobs(
    ml: MachineLearning, expression: str | None, visible: Visible, allow_no_match: bool
) -> list[Job]:
    """Find jobs by id, group, wildcard, or a list of them; sorted, each once."""
    found, missing = _expand(expression, ml.jobs, visible, lambda job: job.groups)
    if unmatched := _required(missing, allow_no_match):
        raise not_found(f"No known job with id '{unmatched}'")
    return found


def find_datafeeds(
    ml: MachineLearning, expression: str | None, visible: Visible, allow_no_match: bool
) -> list[Job]:
    """Find datafeeds by id, wildcard, or a list of them; each as its job."""
    feeds = _usual(ml, expression) or {
        job.datafeed_id: job for job in ml.jobs.values() if job.datafeed
    }
    found, missing = _expand(expression, feeds, visible, lambda _: ())
    if unmatched := _required(missing, allow_no_match):
        raise not_found(f"No datafeed with id [{unmatched}] exists")
    return found


def refuse_blank(ml: MachineLearning, expression: str | None, name: str) -> None:
    """Refuse an id that trims to nothing, as fixed versions do; a lone comma does not.

    To the others it means all jobs.
    """
    blank = expression is not None and not expression.strip()
    if blank and any(ml.since(*first) and not ml.since(*end) for first, end in _FIXED):
        raise blank_id(name)


def _usual(ml: MachineLearning, expression: str | None) -> dict[str, Job]:
    """Return the datafeeds of a list of ids if all have the name that Kibana gives.

    Of 100,000 datafeeds, an index of all takes longer than the rest of an answer.
    """
    found = {}
    for piece in (expression or "").split(","):
        job = ml.jobs.get(piece.removeprefix("datafeed-"))
        if job is None or not job.datafeed or job.datafeed_id != piece:
            return {}
        found[piece] = job
    return found


def _expand(
    expression: str | None,
    named: Mapping[str, Job],
    visible: Visible,
    groups: Callable[[Job], Iterable[str]],
) -> tuple[list[Job], list[str]]:
    pieces = [piece.strip() for piece in (expression or "").split(",")]
    pieces = [piece for piece in pieces if piece]
    if not pieces or pieces in (["_all"], ["*"]):
        pieces = ["*"]
    found: dict[str, Job] = {}
    missing = []
    for piece in pieces:
        matched = _match(piece, named, visible, groups)
        found |= matched
        if not matched:
            missing.append(piece)
    return [found[name] for name in sorted(found)[:MOST]], missing


def _match(
    piece: str,
    named: Mapping[str, Job],
    visible: Visible,
    groups: Callable[[Job], Iterable[str]],
) -> dict[str, Job]:
    if piece in named and visible(named[piece]):
        return {piece: named[piece]}
    hits = _pattern(piece).fullmatch
    return {
        name: job
        for name, job in named.items()
        if (hits(name) or any(map(hits, groups(job)))) and visible(job)
    }


def _required(missing: list[str], allow_no_match: bool) -> str:
    if allow_no_match:
        missing = [piece for piece in missing if "*" not in piece]
    return ",".join(missing)


@lru_cache(maxsize=256)
def _pattern(piece: str) -> re.Pattern[str]:
    # Only the star is a wildcard; a question mark is not.
    return re.compile(".*".join(map(re.escape, piece.split("*"))), re.DOTALL)
