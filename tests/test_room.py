"""Room: no more jobs are to be closing at once than the operator allows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from bench import TIMEOUTS, Bench, force_closers
from builders import NOW, RULES, ago, persons_message, sweeps_message
from idle_jobs.policy.rules import Rules
from idle_jobs.steps.deadlines import until_room
from idle_jobs.steps.role import CLOSER_GIVES_UP_AFTER
from standin.cluster import Fault

HOUR = timedelta(hours=1)
IDS = [f"job-{number}" for number in range(10)]


def crowded(closing: int, **changes: Any) -> Bench:
    """Return a bench with ten idle jobs, and with others that are closing."""
    bench = Bench(**changes)
    for number in range(closing):
        bench.add(f"other-{number}", state="closing", close_ends="hangs")
    for job_id in IDS:
        bench.add(job_id, close_takes=HOUR)
    return bench


def batch(**changes: Any) -> list[Any]:
    """Return a message for each of the ten jobs."""
    return [sweeps_message(job_id=job_id, **changes) for job_id in IDS]


@pytest.mark.parametrize(("closing", "posted"), [(0, 10), (22, 10), (23, 0), (40, 0)])
def test_no_close_is_posted_beyond_the_limit(closing: int, posted: int) -> None:
    """A batch that has no room for all of its closes waits."""
    bench = crowded(closing)
    bench.take(*batch())

    assert posted == len(bench.posts)
    assert closing + posted <= max(closing, Rules().max_closing)


@pytest.mark.parametrize(("limit", "posted"), [(1, 1), (3, 3), (12, 10)])
def test_a_low_limit_is_held_and_lets_something_go(limit: int, posted: int) -> None:
    """Where there is never room for ten, a batch posts as many as may be closing."""
    bench = crowded(0, rules=Rules(max_closing=limit))
    bench.take(*batch())

    assert posted == len(bench.posts)


@pytest.mark.parametrize(
    ("limit", "closing", "posted"),
    [(10, 1, 9), (10, 5, 5), (10, 6, 0), (3, 2, 1), (2, 1, 1), (1, 1, 0)],
)
def test_a_close_that_never_ends_keeps_out_no_whole_batch(
    limit: int, closing: int, posted: int
) -> None:
    """Half of a low limit is room enough to begin."""
    bench = crowded(closing, rules=Rules(max_closing=limit))
    bench.take(*batch())

    assert posted == len(bench.posts)


def test_what_has_no_room_waits_and_is_told_in_one_line() -> None:
    """Its record stays, and comes back after a short time."""
    bench = crowded(32)

    assert [f"m{number}" for number in range(10)] == bench.take(*batch(sent_at=NOW))
    [line] = bench.seen("no_room")
    assert ("many_closing", 32, IDS) == (line["why"], line["limit"], line["job_ids"])
    assert [] == bench.waits == bench.put_back
    [looks] = bench.seen("inbox")
    assert {1} == set(looks.values())


def waits_of(bench: Bench, *messages: Any) -> set[int]:
    """Let a bench take a batch; return the visibility timeouts that it sets."""
    bench.take(*messages)
    return {wait for looks in bench.seen("inbox") for wait in looks.values()}


def waits_over_time(limit: int, queued: int | None) -> list[int]:
    """Return how long a batch waits at twenty times, if no close may begin."""
    waits: list[int] = []
    for number in range(20):
        now, rules = NOW + timedelta(seconds=number), Rules(max_closing=limit)
        bench = crowded(limit, queued=queued, now=now, rules=rules)
        waits += waits_of(bench, *batch(sent_at=now))
    assert 20 == len(waits)
    return waits


@pytest.mark.parametrize(
    ("queued", "most"), [(900, 27), (10, 1), (0, 1), (None, 3)], ids=str
)
def test_a_batch_waits_for_the_others_too(queued: int | None, most: float) -> None:
    """The more wait, the longer; if SQS does not say, it is taken for ten batches."""
    waits = waits_over_time(32, queued)

    assert 0.7 * most <= max(waits) <= most
    assert 1 <= min(waits) <= 0.4 * most + 1


@pytest.mark.parametrize(("limit", "most"), [(32, 27), (16, 54), (320, 2.7)])
def test_a_batch_waits_longer_where_fewer_places_are(limit: int, most: float) -> None:
    """Room for ten comes as much later."""
    waits = waits_over_time(limit, 900)

    assert 0.7 * most <= max(waits) <= most + 0.5


def test_a_count_lets_a_post_hang_up_soon() -> None:
    """A close goes on, and the count of the next batch knows of it."""
    bench = crowded(0)
    bench.take(*batch())
    posts = [each for each in bench.seen("call") if each.method == "POST"]

    assert {TIMEOUTS.close_counted} == {each.read_timeout for each in posts}


def test_a_batch_comes_back_whole() -> None:
    """Messages of one batch were sent at different times, and wait for the same."""
    bench = crowded(32, queued=800)
    sent = [ago(minutes=4, seconds=number) for number in range(10)]
    messages = [
        sweeps_message(job_id=job_id, sent_at=at, requested_at=at)
        for job_id, at in zip(IDS, sent, strict=True)
    ]

    assert 1 == len(waits_of(bench, *messages))


def test_one_request_does_not_wait_behind_a_sweep() -> None:
    """It needs one place, and one is free sooner than ten are."""
    old = {"sent_at": ago(minutes=2), "requested_at": ago(minutes=2)}
    alone = waits_of(crowded(32, queued=800), persons_message(job_id="job-0", **old))
    whole = waits_of(crowded(32, queued=800), *batch(**old))

    assert 2 * max(alone) < max(whole)


def test_what_finds_no_place_waits_for_the_others() -> None:
    """A limit below ten leaves room for a part of a batch."""
    rules = replace(RULES, max_closing=5)
    bench = crowded(0, rules=rules, queued=8_000)
    waits = waits_of(bench, *batch(sent_at=ago(minutes=2), requested_at=NOW))

    assert 5 == len(bench.posts)
    assert max(waits) > 20


def test_a_post_that_was_lost_is_given_time() -> None:
    """A slow proxy may have dropped what was hung up."""
    bench = crowded(0)
    old = ago(minutes=5)
    bench.take(*batch(sent_at=old, requested_at=old, posted_at=old))
    posts = [each for each in bench.seen("call") if each.method == "POST"]

    assert {TIMEOUTS.close} == {each.read_timeout for each in posts}


def test_nothing_is_posted_if_the_count_fails() -> None:
    """A cluster that cannot be read is left alone, whichever read it was."""
    bench = crowded(0)
    bench.stand_in.faults.append(Fault("/_cluster/state", status=503))

    assert 10 == len(bench.take(*batch()))
    assert [] == bench.posts
    assert {f"{job_id}: cluster_unavailable" for job_id in IDS} == set(bench.waits)
    assert 1 == len(bench.seen("call")) == len(bench.seen("cluster_trouble"))


def test_the_force_closer_counts_nothing() -> None:
    """It posts two closes at a time, and waits for what becomes of them."""
    bench = force_closers()
    for number in range(32):
        bench.add(f"other-{number}", state="closing", close_ends="hangs")
    bench.add()
    bench.take(persons_message(handed_at=ago(hours=3)))

    assert ["web?timeout=30s"] == bench.posts


OLD = {"sent_at": ago(hours=3, seconds=1), "requested_at": ago(hours=3, seconds=1)}


def test_a_sweep_tries_again_what_found_no_room_for_three_hours() -> None:
    """An idle job is found by the next sweep."""
    bench = crowded(32)

    assert [] == bench.take(sweeps_message(job_id="job-0", **OLD))
    assert ["job-0: skipped many_closing"] == bench.ends


def test_a_request_that_found_no_room_for_three_hours_is_handed_over() -> None:
    """Nobody repeats it; the ForceCloser takes it, two at a time."""
    bench = crowded(32)

    assert [] == bench.take(persons_message(job_id="job-0", **OLD))
    [told] = bench.seen("sent")
    assert ("ForceQueue", "many_closing") == (told["queue"], told["why"])


@pytest.mark.parametrize(
    ("age", "batches", "spread", "wait"),
    [
        (0, 90, 0.5, 13.5),
        (0, 1, 0.5, 1),
        (75, 90, 0.5, 45),
        (75, 90, 0, 7.5),
        (900, 40, 0.5, 300),
        (900, 90, 1, 600),
        (900, 1, 0.5, 135),
        (900, 1, 0, 90),
        (9_000, 1, 0, 300),
        (9_000, 1, 0.5, 450),
    ],
)
def test_looks_for_room_are_seldom_where_closes_take_long(
    age: float, batches: float, spread: float, wait: float
) -> None:
    """All that wait share the looks; each waits for a tenth of its age and more."""
    after = until_room(timedelta(seconds=age), batches, spread)

    assert timedelta(seconds=wait) == after


def receives(batches: float, spreads: Callable[[], float]) -> int:
    """Return how often a batch is received that finds no room for three hours."""
    age, looks = timedelta(), 0
    while age < CLOSER_GIVES_UP_AFTER:
        # SQS takes whole seconds.
        age += timedelta(
            seconds=round(until_room(age, batches, spreads()).total_seconds())
        )
        looks += 1
    return looks


@pytest.mark.parametrize("batches", [1, 10, 100])
def test_waiting_for_room_costs_few_receives(batches: float) -> None:
    """SQS dead-letters what it has delivered a hundred times; looks need some, too."""
    usual = [receives(batches, Random(seed).random) for seed in range(100)]  # noqa: S311 - no secret

    assert 25 < max(usual) < 80
    assert all(receives(batches, lambda s=s: s) < 100 for s in (0, 0.1, 0.5, 1))  # type: ignore[misc]
