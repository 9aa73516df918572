"""How long a message waits for its next look, and how it ends when it is too old; pure.

A message ends by its age, not by SQS's receive count, which only limits crashes.
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

SHORTEST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(seconds=900)
SHORTEST_WAIT_FOR_ROOM = timedelta(seconds=1)
LONGEST_WAIT_FOR_ROOM = timedelta(minutes=10)
OPEN_TAKES_AT_MOST = timedelta(minutes=15)

_CLUSTER_REASONS = frozenset(
    {
        Reason.CLUSTER_UNAVAILABLE,
        Reason.THROTTLED,
        Reason.CLUSTER_REFUSED,
        Reason.CLUSTER_TOO_OLD,
        Reason.MANY_CLOSING,
    }
)


def unread(
    error: ClusterError, message: CloseMessage, now: datetime, role: Role
) -> Step:
    """Return the step for a message if the cluster could not be read."""
    known = error.reason in _CLUSTER_REASONS
    why = error.reason if known else Reason.CLUSTER_UNAVAILABLE
    return wait_or_give_up(why, message, now, role, at_least=LONGEST_WAIT)


def wait_or_give_up(
    why: Reason,
    message: CloseMessage,
    now: datetime,
    role: Role,
    *,
    at_least: timedelta = SHORTEST_WAIT,
) -> Step:
    """Wait for the next look, or give up a message that is too old for this closer."""
    age = role.age_of(message, now)
    if age >= role.gives_up_after:
        return _over_age(why, age, message, role)
    return look_again(why, message, now, at_least=at_least)


def wait_for_room(
    message: CloseMessage, now: datetime, role: Role, after: timedelta
) -> Step:
    """Wait until fewer jobs are closing, or give up a message that is too old."""
    age = role.age_of(message, now)
    if age >= role.gives_up_after:
        return _over_age(Reason.MANY_CLOSING, age, message, role)
    return Wait(after, Reason.MANY_CLOSING)


def until_room(age: timedelta, batches: float, spread: float) -> timedelta:
    """Return how long a batch waits that found no room.

    `batches` is about how many batches wait, and `spread` a random number from 0 to 1.
    One batch after the other finds room. So what counts is how long it is from a look
    of any batch to the next one: 0.15 s at first, since a close may take a second, and
    7.5 s in the end. With 32 places, ten closes of 24 s end in that time. With half the
    places, let `batches` be twice as many. A batch also waits for a tenth of its age
    and more. So it is received some 60 times in three hours, and less than 100 times
    whatever the spread is.
    """
    # Twice the seconds between two looks: the spread halves it on average.
    apart = min(max((age / timedelta(seconds=75)) ** 2, 0.3), 15)
    after = max(timedelta(seconds=apart * batches * spread), age / 10 * (1 + spread))
    longest = LONGEST_WAIT_FOR_ROOM * (1 + spread) / 2
    return min(max(after, SHORTEST_WAIT_FOR_ROOM), longest)


def look_again(
    why: Reason,
    message: CloseMessage,
    now: datetime,
    *,
    at_least: timedelta = SHORTEST_WAIT,
) -> Wait:
    """Wait for the next look, without a limit of age.

    The wait grows with the time since the message was sent, or first posted its close.
    So a quick close is seen soon, and a long one costs few looks. The random spread has
    a fixed seed, so that a look can be replayed. It is the same for all looks of the
    same ten seconds: a batch comes back as a batch, whose jobs are read at once.
    """
    sent, posted = message.sent_at or now, message.posted_at or message.sent_at or now
    # What the ForceCloser posts changes no body, so each look would be the first one.
    age = now - (sent if message.handed_at else max(sent, posted))
    after = max(at_least, min(age, LONGEST_WAIT))
    seed = f"{message.request_id} {round(now.timestamp(), -1)}"
    spread = Random(seed)  # noqa: S311 - it hides nothing
    return Wait(after * spread.uniform(0.9, 1.1), why)


def _over_age(why: Reason, age: timedelta, message: CloseMessage, role: Role) -> Step:
    if message.only_if_idle and why in _CLUSTER_REASONS:
        return End(Ended.SKIPPED, why, f"for {spoken(age)}; the next sweep tries again")
    if not role.may_force:
        return HandOver(why)
    return give_up(why, f"{why} for {spoken(age)}", message)


def give_up(why: Reason, detail: str, message: CloseMessage) -> Step:
    """End a message whose job cannot be closed: skip it, or park it."""
    # The next sweep finds an idle job again. Nobody repeats the request of a person, so
    # a person has to see it.
    if message.only_if_idle:
        return End(Ended.SKIPPED, Reason.COULD_NOT_CLOSE, detail)
    return Park(why, detail)


def park_as_expired(cause: str, role: Role) -> Park:
    """Park a request that has expired; `cause` says why it is unfinished."""
    limit = spoken(role.rules.request_expires_after)
    return Park(Reason.REQUEST_EXPIRED, f"unfinished after {limit}: {cause}")
