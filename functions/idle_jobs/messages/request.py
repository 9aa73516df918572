"""A request: which jobs to close, in the syntax of the close API; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from idle_jobs.messages.close_message import is_close_message, parse_message
from idle_jobs.messages.envelopes import envelope
from idle_jobs.messages.readers import (
    BadBody,
    close_timeout,
    flag,
    number,
    parse_object,
    read_fields,
)
from idle_jobs.messages.terms import Origin, Terms, readers_of_terms
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs.texts import tidy

# An id, a group name, or a wildcard for them; the only wildcard character is `*`.
_PIECE = re.compile(r"[a-z0-9*](?:[a-z0-9_.*-]{0,62}[a-z0-9*])?")

# Elasticsearch allows less: 4,096 bytes for the whole request line.
LONGEST_EXPRESSION = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Terms):
    """Who asks for what (`Terms`), and for which jobs (`job_id`, an expression).

    `only_if_idle` may be left out (None, which means False) with one exact job id or
    with `expected_jobs`. `requested_at` stays the same when a message is sent again;
    `sent_at` is the time of the last send. `cluster` is set for a redriven message,
    which is for one job.
    """

    job_id: str
    sent_at: datetime
    allow_no_match: bool = True
    expected_jobs: int | None = None
    cluster: str = ""

    @property
    def pieces(self) -> tuple[str, ...]:
        """Return the pieces of the expression, which commas separate."""
        return tuple(p for p in map(str.strip, self.job_id.split(",")) if p)

    @property
    def is_exact(self) -> bool:
        """Return whether the expression is one name without a wildcard."""
        return len(self.pieces) == 1 and not is_pattern(self.pieces[0])

    @property
    def is_everything(self) -> bool:
        """Return whether the expression matches every possible job."""
        return any(p == "_all" or not p.strip("*") for p in self.pieces)

    def names(self, job: Job) -> bool:
        """Return whether a piece without a wildcard is the job's id or group."""
        known_as = self.known_as(job)
        return any(p in known_as for p in self.pieces if not is_pattern(p))

    def known_as(self, job: Job) -> tuple[str, ...]:
        """Return the names that match the job in an expression: its id, its groups."""
        # A redriven message is for one job. Its id may be the name of a group now.
        return (job.job_id,) if self.cluster else (job.job_id, *job.groups)

    @property
    def tried_since(self) -> datetime:
        """Return the earliest time at which this request can have closed a job.

        For a request that was parked and sent again, it is the time of the last send.
        """
        return max(self.requested_at, self.sent_at)

    @property
    def is_sweep(self) -> bool:
        """Return whether this is a scheduled sweep, not a redriven message of one."""
        return self.origin is Origin.SCHEDULE and self.is_everything


def is_pattern(piece: str) -> bool:
    """Return whether a piece is a wildcard, not a name."""
    return "*" in piece or piece == "_all"


def sweep_request(request_id: str, asked_at: datetime) -> Request:
    """Return the request of a schedule: for every job that is idle."""
    return Request(
        job_id="*",
        request_id=request_id,
        requested_at=asked_at,
        sent_at=asked_at,
        origin=Origin.SCHEDULE,
        only_if_idle=True,
    )


def parse_request(
    body: str, *, request_id: str, sent_at: datetime, now: datetime, sent_by: str = ""
) -> Request:
    """Return the request in a body of RequestQueue; BadBody if it is not valid.

    The body may also be a redriven close message. Only its terms and its job id are
    used: the job is read and judged anew. `sent_by` is never taken from a body.
    """
    value = parse_object(body)
    if not is_close_message(value):
        return replace(_parse(value, request_id, sent_at, now), sent_by=sent_by)
    message = parse_message(body, sent_at=sent_at, now=now)
    return Request(
        **message.terms | {"sent_by": sent_by},
        job_id=message.job_id,
        sent_at=sent_at,
        cluster=message.cluster,
    )


def _parse(
    value: Mapping[str, object], request_id: str, sent_at: datetime, now: datetime
) -> Request:
    readers = {
        "job_id": _expression,
        "allow_no_match": flag,
        "expected_jobs": number,
        **readers_of_terms(now, internal=False),
        "timeout": close_timeout,
    }
    known = ", ".join(readers)
    if found := envelope(value):
        raise BadBody(f"body: expected the fields {known}, got {found}")
    if unknown := sorted(value.keys() - readers.keys()):
        field = unknown[0][:60] or "''"
        raise BadBody(f"{field}: unknown field, expected one of {known}")
    if "job_id" not in value:
        raise BadBody("job_id: expected in every request, but missing")
    defaults: dict[str, Any] = {"request_id": request_id, "requested_at": sent_at}
    request = Request(**(defaults | read_fields(value, readers)), sent_at=sent_at)
    _check_combinations(request)
    return request


def _expression(value: object) -> str:
    expected = (
        "expected a job id, a group, a wildcard, a comma list of these or _all (each "
        "1 to 64 of a-z 0-9 _ - . *, with a letter, digit or * at both ends), all in "
        f"{LONGEST_EXPRESSION} characters"
    )
    if not isinstance(value, str) or len(value) > LONGEST_EXPRESSION:
        raise ValueError(f"{expected}, got {value!r:.80}")
    pieces = [p for p in map(tidy, value.split(",")) if p]
    if not pieces:
        # Before 8.19, 9.4 and 9.5 fixed it, a blank id closed every job (#158020).
        raise ValueError(
            f"{expected}, got a blank one, which many clusters read as all jobs"
        )
    for piece in pieces:
        if not _PIECE.fullmatch(piece) and pieces != ["_all"]:
            raise ValueError(f"{expected}, got {piece!r:.80}")
    return ",".join(pieces)


def _check_combinations(request: Request) -> None:
    if request.despite_halt and not request.only_if_idle:
        raise BadBody(
            "despite_halt: expected only with only_if_idle: true, since no other "
            "request is halted"
        )
    if request.expected_jobs is not None:
        # The request gives the number of its jobs, including busy ones.
        if request.only_if_idle:
            raise BadBody(
                "expected_jobs: expected with only_if_idle: false, since otherwise the "
                "limits of a sweep apply"
            )
        return
    if request.is_everything and not request.only_if_idle:
        raise BadBody(
            "only_if_idle: expected true for an expression that matches every job, or "
            "else expected_jobs with the number of those that are not closed",
            Reason.ONLY_IF_IDLE_REQUIRED,
        )
    if request.only_if_idle is None and not request.is_exact:
        raise BadBody(
            "only_if_idle: expected true or false for lists and wildcards",
            Reason.ONLY_IF_IDLE_REQUIRED,
        )
