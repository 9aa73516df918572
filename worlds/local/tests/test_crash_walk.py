"""The crash walk: each call of each function is killed, before it and after its effect.

Whatever dies, every request for a job has to end as it ends on a calm day.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import get_args

import pytest

from local.crash_day import JOBS, Day, spend, strike
from local.crashes import Call, Kill, When

# The timeout is for a loaded machine: the three walks take 40 s on two idle cores.
pytestmark = [pytest.mark.crash_walk, pytest.mark.slow, pytest.mark.timeout(300)]

POST_BY_FORCE = "POST /_ml/anomaly_detectors/*/_close by force"

# Who dies between a force and its report finds the job closed the next time.
FORGIVEN = {"force_closed": ("closed ", "skipped already_closed")}

# What a Sweeper that died after a send adds when its request comes again: it names a
# job that is gone by then. Both are true, and both are skipped.
BESIDE = {"skipped gone": ("skipped no_such_job",)}

DEATHS_OF_A_CLOSER = [
    pytest.mark.row(24),
    pytest.mark.row(25),
    pytest.mark.row(26),
    pytest.mark.row(27),
]


def unnoted(calm: Day, disturbed: Day) -> Day:
    """Return the calm day, but for what failed in a close that a dead Closer posted.

    It died between the post and the note of it, so nobody knows whose close that was.
    The job is left failed, as one that failed by itself.
    """
    failed = frozenset({"skipped failed"})
    keys = [
        key
        for key, ends in calm.outcomes.items()
        if ends == {"force_closed failed"} and disturbed.outcomes.get(key) == failed
    ]
    return replace(
        calm,
        outcomes={**calm.outcomes, **dict.fromkeys(keys, failed)},
        states={**calm.states, **{job_id: "failed" for _, job_id in keys}},
    )


def differences(calm: Day, disturbed: Day) -> Iterator[str]:
    """Yield what ended otherwise than on the calm day."""
    if not disturbed.killed:
        yield "nobody was killed"
    watched = {key for key in disturbed.outcomes if key[0].endswith("/watch")}
    # A repeated sweep watches its own slow closes, which is a wish of its own.
    for key in sorted(calm.outcomes.keys() | (disturbed.outcomes.keys() - watched)):
        wanted = calm.outcomes.get(key, frozenset())
        ends = disturbed.outcomes.get(key, frozenset())
        if not _as_on(wanted, ends):
            yield f"{key[1]} ended {sorted(ends)}, not {sorted(wanted)}"
    for name in ("states", "queued", "parked", "unfounded", "broken"):
        expected, actual = getattr(calm, name), getattr(disturbed, name)
        if expected != actual:
            yield f"{name}: {actual}, not {expected}"


def _as_on(calm: frozenset[str], ends: frozenset[str]) -> bool:
    forgiven = {f for end in calm for f in FORGIVEN.get(end.partition(" ")[0], ())}
    beside = {b for end in calm & ends for b in BESIDE.get(end, ())}
    allowed = calm | beside
    return bool(ends) and all(
        e in allowed or e.startswith(tuple(forgiven)) for e in ends
    )


def kills(calls: Iterable[Call]) -> Iterator[Kill]:
    """Yield the kills of each function, operation and job, none of them twice.

    A read has no effect: who dies after it leaves what who dies before it leaves,
    whichever job it is about. And after Lambda's delete comes the next one, or nothing.
    """
    seen: set[tuple[str, str, str]] = set()
    for function, operation, jobs in calls:
        reads = operation.startswith(("GET ", "Get"))
        once = reads or operation.startswith("DeleteMessage ")
        moments: Sequence[When] = ("before",) if once else get_args(When)
        named = sorted(jobs) or [""]
        about = {(function, operation, "" if reads else job_id) for job_id in named}
        if new := sorted(about - seen):
            seen |= about
            for when in moments:
                yield Kill(when, function, operation, new[0][2] or named[0])


@pytest.fixture(scope="module")
def calm() -> Day:
    """Return the day on which nobody is killed."""
    return spend(None)


def test_a_calm_day_ends_each_job_in_its_own_way(calm: Day) -> None:
    """The walk visits every end there is, and force only where it is founded."""
    ends = {job_id: set(ends) for (_, job_id), ends in calm.outcomes.items()}
    expected = {job_id: {end} for job_id, (_, end) in JOBS.items()}

    assert expected == ends
    assert [] == calm.queued == calm.unfounded == calm.broken
    assert {"ask-haunted haunted"} == calm.parked


@pytest.mark.parametrize(
    "function",
    [
        pytest.param("Sweeper", id="Sweeper", marks=pytest.mark.row(3)),
        pytest.param("Closer", id="Closer", marks=DEATHS_OF_A_CLOSER),
        "ForceCloser",
    ],
)
def test_a_killed_invocation_changes_no_end(
    function: str, calm: Day, pool: Executor
) -> None:
    """Each of its calls is the last one of an invocation once, done and not done."""
    walk = [kill for kill in kills(calm.calls) if kill.function == function]
    problems = [
        f"killed {' '.join(kill)}: {difference}"
        for kill, day in zip(walk, pool.map(strike, walk), strict=True)
        for difference in differences(
            unnoted(calm, day) if function == "Closer" else calm, day
        )
    ]

    assert problems == []


def test_the_walk_sees_a_message_that_is_deleted_too_early(calm: Day) -> None:
    """With deletes before the work, a kill loses a job that nobody else would miss."""
    kill = Kill("before", "ForceCloser", POST_BY_FORCE, "ordered")
    found = list(differences(calm, spend(kill, deletes_first=True)))

    assert "ordered ended [], not ['force_closed force_ordered']" in found
