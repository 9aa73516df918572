"""The next step for a message, given the present state of its job; pure.

`next_step` is called once for each look; `after_post.py` has the steps after a post.
Both closers call the same functions and differ in their `Role`.

Force needs evidence: the state `failed`; a job that is still closing long after the
Closer saw it closing; a datafeed that did not stop in a *measured* close, whose timeout
is fixed; or an explicit order to force, if `order_is_enough`.
"""

from datetime import datetime, timedelta

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.terms import Kind
from idle_jobs.policy.idleness import IDLE_REASONS
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.announcement import want_of_notice
from idle_jobs.steps.deadlines import (
    look_again,
    park_as_expired,
    wait_or_give_up,
)
from idle_jobs.steps.evidence import (
    CLOSING_IS_LONG_AFTER,
    failed_in_closing,
    forced_from,
    is_stuck_opening,
    may_have_forced,
    order_is_enough,
)
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force, HandOver, Step
from idle_jobs.times import CLOCKS_APART, rfc3339

# The timeout of a measured close. The datafeed has this long to stop; if it does not,
# the answer is 409, and that is evidence.
MEASURED_TIMEOUT = "30s"

# How long a job that an order found closing has to close, before it is forced.
ORDER_WAITS = timedelta(minutes=10)

_WAIT_FOR = frozenset(
    {Reason.UNKNOWN, Reason.UPGRADE_MODE, Reason.RESET_MODE, Reason.BLOCKED}
)
_NEVER = frozenset(
    {Reason.ORPHAN, Reason.DELETING, Reason.MANAGED, Reason.KEPT_BY_OWNER}
)


def next_step(
    job: Job | None, message: CloseMessage, now: datetime, role: Role
) -> Step:
    """Return the next step for a message, given its job as just read (None: gone)."""
    if job is None:
        return End(Ended.SKIPPED, Reason.GONE, "the job does not exist any more")
    if job.state is State.CLOSED:
        return _found_closed(job, message, role)
    if why := _opened_anew(job, message, role):
        return End(Ended.SKIPPED, Reason.REOPENED, why)
    verdict = judge(job, now, role.rules)
    explicit = is_explicit(message, now, role)
    ordered = explicit and message.force and order_is_enough(job, message, role.rules)
    if verdict.reason is Reason.ORPHAN and message.force:
        force = role.force(job, Reason.FORCE_ORDERED)
        return force if ordered else _skip_or_park(verdict, message, role)
    if verdict.reason in _WAIT_FOR and not message.only_if_idle:
        return wait_or_give_up(verdict.reason, message, now, role)
    if verdict.reason in _WAIT_FOR | _NEVER:
        return End(Ended.SKIPPED, verdict.reason, verdict.detail)
    if ordered:
        return _ordered(job, message, now, role)
    if job.state is State.FAILED:
        allowed = explicit or failed_in_closing(verdict, message)
        return _failed(verdict, message, now, role, allowed=allowed)
    if job.state is State.CLOSING:
        return _closing(job, message, now, role)
    return _open(verdict, message, now, role, explicit=explicit)


def is_explicit(message: CloseMessage, now: datetime, role: Role) -> bool:
    """Return whether a person made the request and it has not expired.

    Such a request also closes busy jobs.
    """
    expired = now - message.requested_at > role.rules.request_expires_after
    return not message.only_if_idle and not expired


def _found_closed(job: Job, message: CloseMessage, role: Role) -> Step:
    ours = message.kind is Kind.CLOSE or may_have_forced(job, message, role)
    if ours and job.closed_since(message.requested_at):
        return End(Ended.CLOSED, why_closed(message))
    why = f"closed {rfc3339(job.finished)}" if job.finished else "closed before"
    return End(Ended.SKIPPED, Reason.ALREADY_CLOSED, why)


def why_closed(message: CloseMessage) -> Reason:
    """Return the reason for the outcome of a job that is closed."""
    idle = message.only_if_idle and message.reason in IDLE_REASONS
    return Reason(message.reason) if idle else Reason.REQUESTED


def _opened_anew(job: Job, message: CloseMessage, role: Role) -> str:
    """Return how the job was created or opened after the request, or "".

    The request is then over: somebody wants the job open. A job that the cluster moves
    to another node looks the same as one that a person opened. An opening job has no
    `open_time` yet: it was opened anew if the Sweeper saw it in another state. An order
    counts a job that was closing as evidence to force. That evidence is void when the
    job is open: to close the job anew would not make it valid again.
    """
    # The clocks of the cluster and of whoever made the request may differ.
    latest = message.requested_at + CLOCKS_APART
    for start in (job.created, job.open_start):
        if start and start > latest:
            return f"created, opened or moved {rfc3339(start)}, after the request"
    seen = message.evidence.state if message.evidence else ""
    if job.state is State.OPENING and seen not in ("", State.OPENING):
        return f"opening, and was {seen} when the request was read"
    at_once = message.force and role.rules.force_orders != "allowed"
    if at_once and job.state is State.OPENED and seen == State.CLOSING:
        return "opened, and was closing when the request was read"
    return ""


def _ordered(job: Job, message: CloseMessage, now: datetime, role: Role) -> Step:
    """Force on an order; a job that is closing has some time to do so first.

    A healthy close takes seconds, or a few minutes. Without this time, two requests in
    a row, of which the second orders a force, would force a healthy job.
    """
    given_time = job.configured and role.rules.force_orders != "allowed"
    if role.may_force and given_time and role.age_of(message, now) < ORDER_WAITS:
        return look_again(Reason.STILL_CLOSING, message, now)
    return role.force(job, Reason.FORCE_ORDERED)


def _skip_or_park(verdict: Verdict, message: CloseMessage, role: Role) -> Step:
    """Skip a job that may not be closed now; park the request if a person made it."""
    if message.only_if_idle:
        return End(Ended.SKIPPED, verdict.reason, verdict.detail)
    return park_as_expired(f"{verdict.reason}: {verdict.detail}", role)


def _failed(
    verdict: Verdict,
    message: CloseMessage,
    now: datetime,
    role: Role,
    *,
    allowed: bool,
) -> Step:
    if not allowed:
        if verdict.action is not Action.FORCE:
            return _skip_or_park(verdict, message, role)
        if why := want_of_notice(verdict, message, now, role.rules):
            return End(Ended.SKIPPED, Reason.ANNOUNCED, why)
    return role.force(verdict.job, Reason.FAILED)


def _closing(job: Job, message: CloseMessage, now: datetime, role: Role) -> Step:
    if not role.may_force:
        # What waited for room (MaxClosing) was posted long after its request.
        since = max(message.requested_at, message.posted_at or message.requested_at)
        if now - since >= CLOSING_IS_LONG_AFTER:
            return HandOver(Reason.STILL_CLOSING, closing_seen=True)
        return wait_or_give_up(Reason.STILL_CLOSING, message, now, role)
    seen = message.closing_seen_at
    # A closing job takes no data. Newer data means that it was opened again since. The
    # clocks of the ML node and of the Closer may differ.
    if seen and job.last_data and job.last_data > seen + CLOCKS_APART:
        seen = None
    if seen and now >= forced_from(seen, message, role):
        return Force(job, Reason.STILL_CLOSING)
    return wait_or_give_up(Reason.STILL_CLOSING, message, now, role)


def _open(
    verdict: Verdict,
    message: CloseMessage,
    now: datetime,
    role: Role,
    *,
    explicit: bool,
) -> Step:
    if not explicit and verdict.action is not Action.CLOSE:
        return _skip_or_park(verdict, message, role)
    if message.kind is Kind.WATCH:
        return End(Ended.SKIPPED, Reason.REOPENED, "it is not closing any more")
    if why := want_of_notice(verdict, message, now, role.rules):
        return End(Ended.SKIPPED, Reason.ANNOUNCED, why)
    if verdict.job.state is State.OPENING and not is_stuck_opening(message, now):
        return wait_or_give_up(Reason.OPENING, message, now, role)
    if role.may_force and role.age_of(message, now) >= role.rules.force_after:
        return Close(verdict.job, MEASURED_TIMEOUT, measured=True)
    return Close(verdict.job, message.timeout)
