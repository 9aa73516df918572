"""The naive peer fails where ours does not, on the same seeds and by the same check."""

from collections import Counter
from functools import cache

import pytest

from simulation import naive, stories
from simulation.checker import check
from simulation.faults import calm
from simulation.findings import Findings
from simulation.naive import NAIVE
from simulation.schedule import Schedule, run
from simulation.seeds import naive_of, ours_of

JOBS = 100
SEEDS = range(24)
JUDGED = ("lost", "needless_force", "live_closed", "contradicting")


@cache
def naive_findings() -> list[Findings]:
    """Check the peer on all seeds, once for all tests."""
    return [naive_of(seed, JOBS) for seed in SEEDS]


@pytest.mark.slow
def test_naive_peer_fails() -> None:
    """The peer loses, forces needlessly, closes live jobs and contradicts itself."""
    found = Counter(p.kind for one in naive_findings() for p in one.problems)

    assert all(found[kind] for kind in JUDGED)


@pytest.mark.slow
def test_ours_holds() -> None:
    """On the seeds on which the peer loses requests, none of that happens to ours."""
    seeds = [findings.seed for findings in naive_findings() if findings.lost]
    ours = [ours_of(seed, JOBS) for seed in seeds]
    found = Counter(p.kind for one in ours for p in one.problems)

    assert ours
    assert sum(findings.counts["closed"] for findings in ours) > 5 * len(ours)
    assert not any(found[kind] for kind in JUDGED)


def test_naive_peer_works_on_a_calm_day() -> None:
    """Without faults the peer closes idle jobs, so it is no caricature."""
    history = run(Schedule(2, JOBS, calm(), stories=NAIVE, topology=naive.topology()))
    findings = check(history)

    assert findings.counts["closed"] >= 10
    assert not findings.lost
    assert not findings.needless_force


def test_naive_peer_has_three_receives() -> None:
    """The peer has ours' functions, six timeouts of visibility, and three receives."""
    peer = naive.topology()
    for function in peer.functions.values():
        for queue in (peer.queues[source.queue] for source in function.sources):
            assert queue.visibility == 6 * function.timeout
            assert queue.max_receive_count == naive.RECEIVES

    assert peer.functions == stories.topology().functions
    assert peer.queues["CloseQueue"].redrive_to == "ForceQueue"
    assert peer.queues["ForceQueue"].redrive_to is None


def test_naive_peer_repeats_itself() -> None:
    """The peer's history, too, is told by its seed alone."""
    schedule = Schedule(4, 30, stories=NAIVE, topology=naive.topology())

    assert run(schedule) == run(schedule)
