"""What is promised to people who ask, beside safety (I1, I2, I5, I8)."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from simulation.findings import Problem
from simulation.history import Delivered, Key, Sent, Told
from simulation.truth import Truth

A_DAY = timedelta(days=1)
# A person's request may end skipped only where nothing is left to be done for it, or
# where its owner, or an operator who observes, has the say.
NOTHING_TO_DO = frozenset(
    {
        *("already_closed", "gone", "no_such_job", "no_match", "reopened"),
        *(
            "managed",
            "kept_by_owner",
            "mode_is_observe",
            "deleting",
            "task_without_job",
        ),
    }
)


def dropped(truth: Truth) -> Iterator[Problem]:
    """Find persons' requests that end skipped, and only a log line says so (R2)."""
    for key, outcomes in truth.told.items():
        wish = truth.wish(key)
        if wish is None or wish.scheduled or wish.only_if_idle or not wish.readable:
            continue
        if "watch" in truth.kinds(key):
            continue
        for told in outcomes:
            if told.ended == "skipped" and told.reason not in NOTHING_TO_DO:
                what = f"the request for {key.job_id} ended skipped ({told.reason}),"
                what += " and nobody hears of it"
                yield Problem(told.at, "I5", "silent", key, what)


def given_up_too_early(truth: Truth) -> Iterator[Problem]:
    """Find ends that leave a close behind that their own teller has just issued.

    That is told as observed, or as given up, while the job goes on closing.
    """
    for key, outcomes in truth.told.items():
        for told in outcomes:
            reasons = {"could_not_close", "mode_is_observe", "quiet_hours"}
            gave_up = told.ended == "parked" or told.reason in reasons
            if gave_up and _issued(truth, key, told):
                what = f"{key.job_id} is told {told.ended} ({told.reason}), and its"
                what += " own close has just gone on its way"
                yield Problem(told.at, "I1", "false", key, what)


def _issued(truth: Truth, key: Key, told: Told) -> bool:
    """Tell whether a gentle close of the last quarter of an hour set it closing."""
    return any(
        not post.force
        and post.before == "opened"
        and post.after in ("closing", "closed")
        and timedelta() <= told.at - post.at <= timedelta(minutes=15)
        and truth.lives[key.job_id].state.always(
            post.after, post.at + timedelta.resolution, told.at
        )
        for post in truth.posted.get(key, ())
    )


def parked_twice(truth: Truth) -> Iterator[Problem]:
    """Find what one invocation put into ParkingQueue more often than it came to it."""
    for key, sents in truth.sent.items():
        seen: Counter[int] = Counter()
        for sent in sents:
            if sent.queue != "ParkingQueue" or not key.job_id:
                continue
            seen[sent.invocation] += 1
            twice = sent.invocation and seen[sent.invocation] > 1
            if twice and seen[sent.invocation] > _came(truth, key, sent.invocation):
                what = f"{key.job_id} was parked twice by one invocation"
                yield Problem(sent.at, "I1", "repeated", key, what)


def _came(truth: Truth, key: Key, invocation: int) -> int:
    """Count the copies of a message that an invocation had in its hands."""
    return sum(
        type(event) is Delivered and (event.invocation, event.key) == (invocation, key)
        for event in truth.history.events
    )


def too_many_in_a_day(truth: Truth) -> Iterator[Problem]:
    """Find when persons' patterns and groups closed more jobs in a day than may be."""
    most = truth.history.rules.max_closes_per_day
    asked = sorted(_of_patterns(truth), key=lambda sent: sent.at)
    for nth, sent in enumerate(asked):
        day = asked[: nth + 1]
        jobs = {each.key.job_id for each in day if sent.at - each.at <= A_DAY}
        if len(jobs) > most:
            what = f"requests sent {len(jobs)} jobs in a day to be closed, not {most}"
            yield Problem(sent.at, "I8", "too_many", sent.key, what)
            return


def _of_patterns(truth: Truth) -> Iterator[Sent]:
    for key, sents in truth.sent.items():
        wish = truth.asked.get(key.request_id)
        if wish is None or wish.scheduled or wish.only_if_idle:
            continue
        if wish.expression == key.job_id or wish.expected:
            continue
        closes = (s for s in sents if s.kind == "close" and s.queue != "ParkingQueue")
        yield from (s for s in closes if truth.function(s.invocation) == "Sweeper")
