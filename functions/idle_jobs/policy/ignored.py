"""Settings that should protect or permit jobs, but have no effect; pure."""

from collections.abc import Iterator, Sequence
from itertools import islice

from idle_jobs.policy.job import Job
from idle_jobs.policy.protection import KEEP_GROUP, matches, misspelt_group
from idle_jobs.policy.rules import Rules

# A log line holds 256 kB at most, and nobody reads more than these.
MOST_IGNORED = 100


def without_effect(jobs: Sequence[Job], rules: Rules) -> Iterator[str]:
    """Yield a line for each setting that matches no job, or is misspelt."""
    found = _found(jobs, rules)
    yield from islice(found, MOST_IGNORED)
    if more := sum(1 for _ in found):
        yield f"and {more} more"


def _found(jobs: Sequence[Job], rules: Rules) -> Iterator[str]:
    for pattern in rules.keep_patterns:
        if not any(matches(pattern, job) for job in jobs):
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
