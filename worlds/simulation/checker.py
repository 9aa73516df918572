"""Checks what a simulated schedule left behind, in the manner of Jepsen's total-queue.

It reads a history only, and must not know how the product decides: no module of this
check imports anything of it but the numbers in `Rules`, which the history carries.
"""

from collections import Counter
from collections.abc import Iterator

from simulation.alarms import false_alarms
from simulation.counted import miscounted, unexpected
from simulation.findings import Findings, Problem
from simulation.forces import needless_forces
from simulation.held import misheld, sent_though_held
from simulation.history import History, Key
from simulation.indexing import read
from simulation.invocations import (
    NOBODY,
    not_broken_off,
    out_of_life,
    too_many_at_once,
    too_many_in_a_sweep,
)
from simulation.ledger import untrue_items, unwritten
from simulation.notice import closed_without_notice
from simulation.owed import unfinished
from simulation.posts import wrong_posts
from simulation.promises import (
    dropped,
    given_up_too_early,
    parked_twice,
    too_many_in_a_day,
)
from simulation.repeats import RANK, after_the_end, repeated
from simulation.statements import unparked, untrue
from simulation.truth import Truth, posts


def check(history: History) -> Findings:
    """Return all that one schedule did, and what of it was wrong, by time."""
    truth = read(history)
    excused: set[Key] = set()
    problems = [*_problems(truth), *after_the_end(truth, excused)]
    several = {
        key
        for key, told in truth.told.items()
        if len(told) > 1 and any(len(e) > 1 for e in truth.episodes(key).values())
    } | excused
    return Findings(
        seed=history.seed,
        ok=frozenset(truth.told.keys() - several),
        duplicated=frozenset(several),
        problems=tuple(sorted(problems, key=lambda p: (p.at, p.invariant, p.key))),
        counts=_counts(truth),
    )


def _problems(truth: Truth) -> Iterator[Problem]:
    yield from unfinished(truth)
    yield from untrue(truth)
    yield from unparked(truth)
    yield from repeated(truth)
    yield from wrong_posts(truth)
    yield from needless_forces(truth)
    yield from out_of_life(truth)
    yield from not_broken_off(truth)
    yield from too_many_at_once(truth)
    yield from too_many_in_a_sweep(truth)
    yield from false_alarms(truth)
    yield from dropped(truth)
    yield from given_up_too_early(truth)
    yield from parked_twice(truth)
    yield from too_many_in_a_day(truth)
    yield from sent_though_held(truth)
    yield from misheld(truth)
    yield from closed_without_notice(truth)
    yield from unexpected(truth)
    yield from miscounted(truth)
    yield from unwritten(truth)
    yield from untrue_items(truth)
    yield from _blind(truth)


def _counts(truth: Truth) -> Counter[str]:
    counts: Counter[str] = Counter(requests=len(truth.asked), posts=0, forces=0)
    for post in posts(truth):
        counts["forces" if post.force else "posts"] += 1
    counts["posts"] += counts["forces"]
    for key in truth.told:
        for episode in truth.episodes(key).values():
            counts[min((told.ended for told in episode), key=RANK.index)] += 1
    return counts


def _blind(truth: Truth) -> Iterator[Problem]:
    """Find jobs whose end the events do not explain: what they say is then no proof.

    The events know no `opening` of its own: whoever opens a job has it opened.
    """
    end, states = truth.history.end, truth.history.states
    for job_id in sorted({*truth.lives, *states}):
        told, is_now = truth.lives[job_id].state.last, states.get(job_id, "")
        if told.replace("opening", "opened") != is_now.replace("opening", "opened"):
            what = f"by its events {job_id} is {told or 'gone'} at the end,"
            what += f" but it is {is_now or 'gone'}"
            key = NOBODY._replace(job_id=job_id)
            yield Problem(end, "history", "blind", key, what)
