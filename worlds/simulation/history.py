"""What a simulated schedule leaves behind; values only, the checker's whole knowledge.

Every event carries the virtual time `at`. Invocations are numbered from 1; 0 stands for
people, for EventBridge and for SQS itself. An event is written down when its effect
takes place, whatever its maker ever learns of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from idle_jobs.policy.rules import Rules

# Logical ids of the template's functions and queues.
Function = str
QueueName = str


class Key(NamedTuple):
    """What outcomes are deduplicated by; the job is empty where a body names none."""

    request_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish came into the world: a rule fired, or RequestQueue took a request.

    `jobs` are those that the expression stood for at that time, `expected` is how many
    of them are said to be not closed; `readable` is False for a body that no function
    can take for a request.
    """

    at: datetime
    request_id: str
    expression: str
    jobs: frozenset[str]
    only_if_idle: bool
    force: bool = False
    scheduled: bool = False
    readable: bool = True
    timeout: timedelta = timedelta(minutes=30)
    despite_halt: bool = False
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Redriven:
    """A person moved a message from ParkingQueue to RequestQueue."""

    at: datetime
    message_id: str
    key: Key


@dataclass(frozen=True, slots=True)
class Began:
    """An invocation began; its messages are those `Delivered` to it."""

    at: datetime
    invocation: int
    function: Function


@dataclass(frozen=True, slots=True)
class Finished:
    """An invocation answered, raised (`failed`), or died on the way (`died`)."""

    at: datetime
    invocation: int
    how: Literal["answered", "failed", "died"]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A queue took a message; `kind` is close or watch, empty for a request."""

    at: datetime
    invocation: int
    queue: QueueName
    message_id: str
    key: Key
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A queue handed a message to an invocation, for the nth time of this queue."""

    at: datetime
    invocation: int
    queue: QueueName
    message_id: str
    key: Key
    receives: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message left its queue for good, as its function wished."""

    at: datetime
    queue: QueueName
    message_id: str
    key: Key


@dataclass(frozen=True, slots=True)
class Spoiled:
    """SQS did what it says it may do: deliver twice, or lose a delete."""

    at: datetime
    queue: QueueName
    message_id: str
    key: Key
    how: Literal["duplicated", "delete_lost"]


@dataclass(frozen=True, slots=True)
class Moved:
    """SQS moved a message to the next queue because it was received too often."""

    at: datetime
    message_id: str
    key: Key
    source: QueueName
    target: QueueName


@dataclass(frozen=True, slots=True)
class Expired:
    """A message was older than its queue keeps messages."""

    at: datetime
    queue: QueueName
    message_id: str
    key: Key


@dataclass(frozen=True, slots=True)
class Read:
    """A read of the cluster, begun `at`; `ok` if its reader has the whole answer."""

    at: datetime
    invocation: int
    path: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """A close reached the cluster; `request_id` is whose wish it serves.

    `before` and `after` are the job's state as the close arrived and right after it,
    empty where there is no such job. A close that fails on its way is no `Posted`.
    """

    at: datetime
    invocation: int
    key: Key
    force: bool
    before: str
    after: str
    answer: int
    measured_409: bool = False


@dataclass(frozen=True, slots=True)
class Undid:
    """A call of an undo reached the cluster: `_open` of a job, or `_start`.

    `before` and `after` are the job's state, `finished` its finish time before.
    """

    at: datetime
    invocation: int
    job_id: str
    call: str
    before: str
    after: str
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class HungUp:
    """A client stopped waiting for a close: it has its answer, or had enough."""

    at: datetime
    invocation: int
    key: Key


@dataclass(frozen=True, slots=True)
class Told:
    """A function told an outcome."""

    at: datetime
    invocation: int
    key: Key
    ended: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The ledger took an item: a job that was closed at a time, by `us` or others.

    `key` is whose wish the item names, `ended` how that ended.
    """

    at: datetime
    invocation: int
    key: Key
    closed: str
    closed_by: str
    ended: str


@dataclass(frozen=True, slots=True)
class Announced:
    """The ledger took the announcement of an idle job, which is of a time (`since`)."""

    at: datetime
    invocation: int
    key: Key
    since: datetime


@dataclass(frozen=True, slots=True)
class Lived:
    """Something happened to a job, and no call of ours says so.

    `created`, `opened` (by a person, or on a new node), `data` (it was handed some just
    now), `feed_started`, `feed_stopped`, `reads_past` (its datafeed has a lookback to
    do), `silence_counts` (to its detector), `protected`, `unprotected`, `forecast`,
    `forecast_ended`, `blocked` (a reset runs), `unblocked`, `nodeless` (no node answers
    for it, or has room for it), `deleted`, `closing`
    (somebody else closes it); and `closed` or `failed`: a closing that took its time
    came to its end, whoever had begun it.
    """

    at: datetime
    job_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Owned:
    """The owner's word about a job, from now on: all that its settings say.

    `mode` is never, too, for settings that nobody can read.
    """

    at: datetime
    job_id: str
    mode: str = ""
    idle_after: timedelta = timedelta()
    keep_open_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody set the application's mode, or the cluster's upgrade mode.

    The `door` is shut while no credential that an invocation can have lets it in. What
    ails the `cluster` and `aws`, and for how long, is told in words: no check reads it.
    """

    at: datetime
    what: Literal["mode", "upgrade_mode", "door", "cluster", "aws"]
    value: str


@dataclass(frozen=True, slots=True)
class Rang:
    """An invocation counted what an alarm rings for at once, by its metric."""

    at: datetime
    invocation: int
    metric: str


@dataclass(frozen=True, slots=True)
class Said:
    """A function's own words on what it does; for a reader, and for no check.

    It `waits` with a message for some seconds, `hands_over` one, has answered a request
    (`swept`), or cannot read the mode (`no_mode`, which has no key).
    """

    at: datetime
    invocation: int
    key: Key
    what: Literal["waits", "hands_over", "swept", "no_mode"]
    why: str
    seconds: int = 0


Event = (
    Asked
    | Redriven
    | Began
    | Finished
    | Sent
    | Delivered
    | Deleted
    | Spoiled
    | Moved
    | Expired
    | Read
    | Posted
    | Undid
    | HungUp
    | Told
    | Written
    | Announced
    | Lived
    | Owned
    | Turned
    | Rang
    | Said
)


class Left(NamedTuple):
    """A message that is still in a queue at the end, and when it was first sent."""

    queue: QueueName
    key: Key
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """One schedule: its events in the order of time, and how things stand at its end.

    `states` are the jobs that exist at the end, each with its state. `rules` are those
    that the functions ran under.
    """

    seed: int
    start: datetime
    end: datetime
    events: Sequence[Event]
    left: Sequence[Left]
    states: Mapping[str, str]
    rules: Rules = field(default_factory=Rules)
