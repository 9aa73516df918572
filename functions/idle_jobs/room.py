"""How many closes a batch may post, so that not too many jobs are closing at once.

A close goes on when its caller has hung up. So what is limited is how many jobs are
closing, whoever closes them, and not how many calls wait for an answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.services import Services
from idle_jobs.steps.deadlines import until_room, wait_for_room
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Step

BATCH = 10  # The BatchSize of CloseQueue in template.yaml.
PLACES = 32  # `until_room` is for so many.
UNTOLD = 100  # Taken for the number of messages that wait, if SQS does not say.


@dataclass
class Room:
    """The closes that a batch may still post, and the messages that found no room.

    `closing` is how many jobs were closing; None if that is not known. Then the number
    of messages that Lambda hands to the Closer at once is the only limit. It is `full`
    if there is room for none. `after` is how long a message waits that finds none.
    """

    closing: int | None = None
    full: bool = False
    after: timedelta = timedelta()
    places: Iterator[int] = field(default_factory=lambda: iter(()))
    held: list[CloseMessage] = field(default_factory=list)

    def make(self, messages: Sequence[CloseMessage], services: Services) -> None:
        """Count what is closing, and make room for as many closes as may go.

        Batches that count at the same moment do not see each other's closes, which are
        10 for each batch (template.yaml). The ForceCloser posts two at a time, and
        waits for what it posts, so it counts nothing. Raises ClusterError.
        """
        closes = sum(not message.taken_at for message in messages)
        if not closes or services.role.may_force:
            return
        self.closing, limit = services.cluster.closing(), services.rules.max_closing
        if self.closing is not None:
            free = limit - self.closing
            # One close is waited for as long as ten. So a batch waits for room for all
            # of its closes: 300 closes of 30 s then take 86 s of Lambda, and 104 s
            # if room for five is enough. It waits for no more than half of the limit,
            # or the close that never ends would keep out all others.
            self.full = free < min(closes, max(limit // 2, 1))
            self.places = iter(range(0 if self.full else free))
            if free < closes:
                self.after = _next_look(messages, closes, services)

    def shuts_out(self, message: CloseMessage) -> bool:
        """Return whether a message has to wait for room, whatever its job is like.

        Where Elasticsearch is at work on the close, the look posts nothing.
        """
        return self.full and not message.taken_at

    def hold(self, message: CloseMessage, now: datetime, role: Role) -> Step | None:
        """Take a place for a close; or return how its message waits for one.

        Threads may do so at once: each gets a place of its own.
        """
        if self.closing is None or next(self.places, None) is not None:
            return None
        return self.wait(message, now, role)

    def wait(self, message: CloseMessage, now: datetime, role: Role) -> Step:
        """Return how a message waits for room."""
        self.held.append(message)
        return wait_for_room(message, now, role, self.after)


def _next_look(
    messages: Sequence[CloseMessage], closes: int, services: Services
) -> timedelta:
    """Return after how long the messages of a batch look again, all at once.

    The fewer closes it has, the sooner it looks: it finds room more often. So a
    person's request does not wait behind a sweep. The fewer places there are, the
    later: room comes less often.
    """
    now, waiting = services.clock(), services.outbox.waiting()
    batches = (UNTOLD if waiting is None else waiting) / BATCH
    batches *= closes / BATCH * PLACES / services.rules.max_closing
    age = max(services.role.age_of(message, now) for message in messages)
    spread = Random(f"{messages[0].job_id} {now}").random()  # noqa: S311 - hides nothing
    return until_room(max(age, timedelta()), max(batches, 1), spread)
