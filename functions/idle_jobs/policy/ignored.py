"""Settings that should protect or permit jobs, but have no effect; pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from idle_jobs.policy.job import Job
from idle_jobs.policy.protection import KEEP_GROUP, matches, misspelt_group
from idle_jobs.policy.rules import Rules

# A log line holds 256 kB at most, and nobody reads more than these.
MOST_IGNORED = 100


# What a glob has, and an expression of Elasticsearch does not.
_NOT_A_STAR = re.compile(r"\[!?\]?[^]]*\]|\?")


def without_effect(
    jobs: Sequence[Job], rules: Rules, matched: Collection[str] = ()
) -> Iterator[str]:
    """Yield a line for each setting that matches no job, or is misspelt.

    `matched` are patterns that match a job which is not among `jobs`.
    """
    found = _found(jobs, rules, matched)
    yield from islice(found, MOST_IGNORED)
    if more := sum(1 for _ in found):
        yield f"and {more} more"


def unmatched(patterns: Sequence[str], jobs: Sequence[Job]) -> list[str]:
    """Return the patterns that match none of these jobs."""
    return [p for p in patterns if not any(matches(p, job) for job in jobs)]


def widened(pattern: str) -> str:
    """Return a pattern with a star in place of what only a glob has."""
    return _NOT_A_STAR.sub("*", pattern)


def _found(
    jobs: Sequence[Job], rules: Rules, matched: Collection[str]
) -> Iterator[str]:
    for pattern in unmatched(rules.keep_patterns, jobs):
        if pattern not in matched:
            yield f"KEEP_PATTERNS: {pattern} matches no job and no group"
    managed = {job.job_id: job.managed for job in jobs}
    for job_id in rules.managed_jobs_allowed:
        if not managed.get(job_id):
            what = "is not a managed job" if job_id in managed else "is not a job"
            yield f"MANAGED_JOBS_ALLOWED: {job_id} {what}"
    for job in jobs:
        if job.owner.problem:
            yield f"{job.job_id}: {job.owner.problem}"
        if misspelt := misspelt_group(job):
            yield f"{job.job_id}: group {misspelt}, expected {KEEP_GROUP}"
