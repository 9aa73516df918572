"""How long a message waits for its next look, and how it ends when it is too old; pure.

Ages end messages, SQS's receive counts do not: those only catch crashes.
"""

from datetime import datetime, timedelta
from random import Random

from idle_jobs.errors import ClusterError
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.reasons import Reason
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import End, HandOver, Park, Step, Wait
from idle_jobs.times import spoken

SOONEST_LOOK = timedelta(seconds=15)
LATEST_LOOK = timedelta(seconds=900)
OPEN_TAKES_AT_MOST = timedelta(minutes=15)

_CLUSTER_IS_AWAY = frozenset(
    {
        Reason.CLUSTER_UNAVAILABLE,
        Reason.THROTTLED,
        Reason.CLUSTER_REFUSED,
        Reason.CLUSTER_TOO_OLD,
    }
)


def unread(
    error: ClusterError, message: CloseMessage, now: datetime, role: Role
) -> Step:
    """Return what follows a cluster that could not be read: nothing is tried."""
    away = error.reason in _CLUSTER_IS_AWAY
    why = error.reason if away else Reason.CLUSTER_UNAVAILABLE
    return wait(why, message, now, role, at_least=LATEST_LOOK)


def wait(
    why: Reason,
    message: CloseMessage,
    now: datetime,
    role: Role,
    *,
    at_least: timedelta = SOONEST_LOOK,
) -> Step:
    """Look again later, or end what has waited long enough for this closer."""
    age = role.age_of(message, now)
    if age >= role.gives_up_after:
        return _over_age(why, age, message, role)
    return look_again(why, message, now, at_least=at_least)


def look_again(
    why: Reason,
    message: CloseMessage,
    now: datetime,
    *,
    at_least: timedelta = SOONEST_LOOK,
) -> Wait:
    """Look again, the later the older the message is, whatever its age.

    So a quick close is seen quickly and a long one costs few looks; the spread is
    seeded, so that a look can be replayed.
    """
    age = now - (message.sent_at or now)
    after = max(at_least, min(age, LATEST_LOOK))
    spread = Random(f"{message.request_id} {message.job_id} {now}")  # noqa: S311
    return Wait(after * spread.uniform(0.9, 1.1), why)


def _over_age(why: Reason, age: timedelta, message: CloseMessage, role: Role) -> Step:
    if message.only_if_idle and why in _CLUSTER_IS_AWAY:
        return End(Ended.SKIPPED, why, f"for {spoken(age)}; the next sweep asks again")
    if not role.may_force:
        return HandOver(why)
    return give_up(why, f"{why} for {spoken(age)}", message)


def give_up(why: Reason, detail: str, message: CloseMessage) -> Step:
    """End a message that nothing more can be done for."""
    # The next sweep derives its own wishes again; a person's wish needs a person.
    if message.only_if_idle:
        return End(Ended.SKIPPED, Reason.COULD_NOT_CLOSE, detail)
    return Park(why, detail)


def expired(kept_by: str, role: Role) -> Park:
    """Park a person's request whose time is over, and say what kept it."""
    limit = spoken(role.rules.request_expires_after)
    return Park(Reason.REQUEST_EXPIRED, f"unfinished after {limit}: {kept_by}")
