"""Finds the jobs that a request asks for; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from idle_jobs.messages.request import Request, is_pattern
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason


@dataclass(frozen=True, slots=True)
class Resolved:
    """The jobs that an expression matches, or the reason why there are none."""

    jobs: tuple[Job, ...] = ()
    refusal: Reason | None = None
    detail: str = ""


def resolve(request: Request, jobs: Sequence[Job]) -> Resolved:
    """Return the jobs that the request's expression matches, as the close API does."""
    found: dict[str, Job] = {}
    missing = []
    for piece in request.pieces:
        matched = {
            job.job_id: job for job in jobs if _matches(piece, request.known_as(job))
        }
        found |= matched
        if not matched and not (is_pattern(piece) and request.allow_no_match):
            missing.append(piece)
    if missing:
        why = f"no known job with id {', '.join(missing)}"
        return Resolved((), Reason.NO_SUCH_JOB, why)
    if not found:
        return Resolved((), Reason.NO_MATCH, f"no job matches {request.job_id}")
    left_out = request.only_if_idle is None and request.expected_jobs is None
    if left_out and request.pieces[0] not in found:
        why = f"only_if_idle: expected true or false for a group: {request.job_id}"
        return Resolved((), Reason.ONLY_IF_IDLE_REQUIRED, why)
    return Resolved(tuple(found[job_id] for job_id in sorted(found)))


def _matches(piece: str, known_as: Iterable[str]) -> bool:
    if not is_pattern(piece):
        return piece in known_as
    # fnmatch, since a regular expression with many `.*` can take very long. A piece can
    # hold none of the other special characters of fnmatch.
    return piece == "_all" or any(fnmatchcase(known, piece) for known in known_as)
