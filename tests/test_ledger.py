"""The ledger: one item for each closing, through moto's DynamoDB API."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from bench import Bench, force_closers
from builders import NOW, ago, closed_job, persons_message, sweeps_message
from deployed import on_event, refuse
from idle_jobs.ledger import Ledger, LedgerAway
from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.ledger_item import item_of
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.reading import _READS
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339
from local.runner import SESSION, Runner
from local.schedule import DAILY
from local.topology import Topology
from stacks import START, add_busy, add_idle, after, ends, ledger_refused, sweep

TAKEN: dict[str, Any] = {"posted_at": ago(minutes=2), "taken_at": ago(minutes=2)}
SEEN = Evidence("opened", ago(days=10), None, "stopped")
CLOSED: dict[str, Any] = {"state": "closed", "finished": ago(minutes=1)}


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Yield the ledger with the template's table."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.setup_default_session(botocore_session=SESSION)
        Topology.load().ledger.create("ledger")
        yield Ledger(lambda: boto3.client("dynamodb"), "ledger")


def items() -> list[dict[str, Any]]:
    """Return what is in the table."""
    return Topology.load().ledger.items("ledger")


def item(message: CloseMessage, ended: Ended = Ended.CLOSED) -> dict[str, Any]:
    """Return the item of a message whose job is closed."""
    job = closed_job(memory_bytes=2 * 1024**3)
    outcome = outcome_of(message, job, ended, Reason.IDLE_DATAFEED_STOPPED, "")
    return dict(item_of(outcome, message))


def test_an_item_says_all_that_is_known_of_a_closing(ledger: Ledger) -> None:
    """What a person needs to judge it, and what an undo has to restore."""
    message = sweeps_message(evidence=SEEN, **TAKEN)
    assert ledger.put(item(message)) is None

    [written] = items()
    assert written == item(message)
    assert written["closed"] == f"{written['finished']} web"
    assert ("test", "us") == (written["cluster"], written["closed_by"])
    assert ("opened", "stopped") == (
        written["state_before"],
        written["datafeed_before"],
    )
    assert written["memory_bytes"] == 2 * 1024**3
    assert {"request_id", "requested_at", "reason", "ended", "mode"} <= written.keys()


def test_a_closing_is_written_once(ledger: Ledger) -> None:
    """The second time, what is there is told, and stays."""
    first = item(sweeps_message(**TAKEN))
    again = item(persons_message(**TAKEN))
    ledger.put(first)

    assert ledger.put(again) == first
    assert items() == [first]


RANKS = ("somebody_else", "elasticsearch", "unknown", "us")


@pytest.mark.parametrize("first", RANKS)
@pytest.mark.parametrize("then", RANKS)
def test_a_better_author_takes_the_place(ledger: Ledger, first: str, then: str) -> None:
    """Another message for the same job may know more, whichever comes first."""
    one, other = ({**item(sweeps_message()), "closed_by": who} for who in (first, then))
    there = [ledger.put(one), ledger.put(other)]

    assert there == [None, one]
    assert [max(one, other, key=lambda each: RANKS.index(each["closed_by"]))] == items()


@pytest.mark.parametrize("message", [sweeps_message(posted_at=NOW), sweeps_message()])
def test_a_close_that_may_not_have_arrived_is_not_ours(message: CloseMessage) -> None:
    """It was answered by a proxy, or never posted: who closed the job is unknown."""
    assert item(message)["closed_by"] == "unknown"


def test_what_closed_long_after_our_close_is_not_ours() -> None:
    """Somebody may have opened it, and somebody else closed it, in the meantime."""
    long_ago = sweeps_message(posted_at=ago(hours=2), taken_at=ago(hours=2))

    assert item(long_ago)["closed_by"] == "unknown"
    assert item(replace(long_ago, timeout="3h"))["closed_by"] == "us"


def test_a_job_without_a_finish_time_has_that_of_its_request() -> None:
    """So the item of a repeated message has the same key."""
    message = sweeps_message()
    job = replace(closed_job(), finished=None)
    outcome = outcome_of(message, job, Ended.CLOSED, Reason.IDLE_NEVER_FED, "")
    written = item_of(outcome, message)

    assert written["closed"] == f"{written['requested_at']} web"


def test_no_expression_has_a_reserved_word(ledger: Ledger) -> None:
    """DynamoDB refuses such an expression, and moto takes it in a key condition."""
    asked: list[dict[str, Any]] = []

    def hear(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    with on_event("provide-client-params.dynamodb", hear):
        ledger.put(written := item(sweeps_message()))
        list(ledger.closings("test", NOW, _READS))
        ledger.note(written | {"noted_at": "now"}, None)
        ledger.mark(written, reopening_at="now", reopening_request="u")
        ledger.mark(written, reopened_at="now", reopened_request="u", reopened_by="ann")
    expressions = [
        str(value)
        for params in asked
        for name, value in params.items()
        if name.endswith("Expression")
    ]
    spoken = ["AND", "BETWEEN", "IN", "OR", "SET"]
    words = {
        word.upper()
        for expression in expressions
        for word in re.findall(r"(?<![:#\w])\w+", expression)
    } - set(spoken)

    assert len(expressions) == 8
    assert "CLUSTER" in ReservedKeywords.get_reserved_keywords()
    assert words & {*ReservedKeywords.get_reserved_keywords()} == set()


def test_a_table_that_is_away_is_an_error(ledger: Ledger) -> None:
    """A refusal is told, and nothing is written; the bench's table does not answer."""
    refused = refuse("dynamodb.PutItem", "AccessDeniedException")
    with refused, pytest.raises(LedgerAway, match="AccessDeniedException"):
        ledger.put(item(sweeps_message()))

    assert items() == []


def test_a_message_waits_for_the_ledger_and_its_job_does_not() -> None:
    """The close is posted; its end is told, and counted, when the table is back."""
    bench = Bench(ledger_is_away=True)
    bench.add(memory="2gb")
    assert [] == bench.take(sweeps_message())
    [back] = bench.seen("close")
    assert ["web?timeout=30m"] == bench.posts
    assert ([], []) == (bench.ends, bench.counted("JobsClosed"))
    assert ["web: ledger_away"] == bench.waits
    assert ["web"] == [line["job_id"] for line in bench.seen("ledger_away")]

    bench.ledger_is_away = False
    assert [] == bench.take(back)
    assert ["web: closed idle_datafeed_stopped"] == bench.ends
    assert [{"S": "us"}] == [each["closed_by"] for each in bench.items.values()]
    assert [1] == bench.counted("JobsClosed")
    assert len(bench.posts) == 1


def test_a_force_closer_waits_for_the_ledger_too() -> None:
    """It cannot send its message again, so the record stays."""
    bench = force_closers(ledger_is_away=True)
    bench.add(**CLOSED)

    assert ["m0"] == bench.take(sweeps_message())
    assert [] == bench.ends
    assert [{"r0": 60}] == bench.seen("inbox")


def test_a_repeated_message_is_told_twice_and_counted_once() -> None:
    """SQS delivers twice: the metrics follow the item."""
    bench = Bench()
    bench.add(memory="2gb", **CLOSED)
    for _ in range(2):
        assert [] == bench.take(sweeps_message())

    assert ["web: closed idle_datafeed_stopped"] * 2 == bench.ends
    assert [1] == bench.counted("JobsClosed")
    assert [2 * 1024**3] == bench.counted("MemoryFreed")


def test_a_force_that_was_written_is_told_when_its_message_comes_again() -> None:
    """The function died before the message was deleted; the job is closed by now."""
    bench = force_closers()
    bench.add(state="failed")
    message = persons_message(**TAKEN)
    bench.take(message)
    bench.take(message)

    assert ["web: force_closed failed"] * 2 == bench.ends
    assert [1] == bench.counted("JobsForceClosed")
    assert [] == bench.counted("JobsClosed")
    assert len(bench.posts) == 1


def test_another_request_for_the_same_closing_has_its_own_end() -> None:
    """What the item says of the first request is not said of the second."""
    bench = force_closers()
    bench.add(state="failed")
    bench.take(persons_message(**TAKEN))
    bench.take(persons_message(request_id="r-2", requested_at=ago(hours=1)))

    assert ["web: force_closed failed", "web: closed requested"] == bench.ends
    assert [] == bench.counted("JobsClosed")


@pytest.mark.slow
def test_a_request_whose_job_is_closed_by_now_needs_no_ledger(stack: Runner) -> None:
    """The Sweeper posts nothing: whoever closed the job writes the item."""
    add_idle(stack, state="closed", finished=after(seconds=30))
    stack.request(job_id="web", requested_at=rfc3339(START))
    stack.shift(timedelta(minutes=1))
    with ledger_refused():
        stack.poll()
    away = stack.metrics["JobsClosed"], stack.ledger()
    stack.request(job_id="web", requested_at=rfc3339(START))
    stack.poll()

    assert away == (0, [])
    assert ends(stack) == ["web: closed requested"] * 2
    assert [item["closed_by"] for item in stack.ledger()] == ["unknown"]
    assert stack.metrics["JobsClosed"] == 1


def test_the_closings_since_a_time_are_read_page_by_page(ledger: Ledger) -> None:
    """DynamoDB answers with a megabyte at most; other clusters are left out."""
    for n in range(12):
        job = {"job_id": f"j{n}", "detail": "x" * 200_000}
        closed = f"2026-11-{10 + n}T00:00:00Z j{n}"
        ledger.put(item(sweeps_message()) | job | {"closed": closed})
    ledger.put(item(sweeps_message()) | {"cluster": "another"})
    since = datetime(2026, 11, 12, tzinfo=UTC)
    found = [*ledger.closings("test", since)]
    short = ledger.closings("test", since, ("job_id", "kind"))

    assert [each["job_id"] for each in found] == [f"j{n}" for n in range(2, 12)]
    assert found[0].keys() >= {"closed", "detail"}
    assert [*short] == [{"job_id": f"j{n}", "kind": "close"} for n in range(2, 12)]


def test_items_that_are_no_closings_are_not_read_as_such(ledger: Ledger) -> None:
    """Their sort key begins with a letter; a closing's begins with its time."""
    closing = item(sweeps_message())
    for key in ("9999-12-31T23:59:59.999999Z web", "a", "digest", "z"):
        ledger.put(closing | {"closed": key})
    found = ledger.closings("test", datetime(2026, 11, 12, tzinfo=UTC))

    assert [str(each["closed"])[:4] for each in found] == ["9999"]


def noted(key: str, at: datetime) -> dict[str, str]:
    """Return an item that is no closing."""
    return {"cluster": "test", "closed": key, "noted_at": rfc3339(at)}


def test_an_item_that_is_no_closing_is_replaced_as_it_was_read(ledger: Ledger) -> None:
    """Whoever has read an older one writes nothing, and knows it."""
    first, second = noted("digest", ago(hours=2)), noted("digest", ago(hours=1))
    assert ledger.noted("test", "digest") is None
    assert ledger.note(first, None)
    assert not ledger.note(second, None)
    assert ledger.note(second, first)
    assert not ledger.note(noted("digest", NOW), first)

    assert ledger.noted("test", "digest") == second
    assert ledger.noted("another", "digest") is None


def test_a_write_whose_answer_was_lost_is_known_to_be_done(ledger: Ledger) -> None:
    """boto3 tries again, and what is there is what it has written."""
    one = noted("digest", NOW)

    assert ledger.note(one, None)
    assert ledger.note(one, None)


@pytest.mark.slow
def test_observe_and_close_measure_the_same_memory(stack: Runner) -> None:
    """What could be freed on the first day is what is saved on the second."""
    stack.parameters = {**DAILY, "CreateDashboard": "true"}
    for n in (1, 2, 4):
        add_idle(stack, f"j{n}", memory=f"{n}gb")
    add_busy(stack, memory="8gb")
    stack.set_mode("observe")
    sweep(stack)
    potential = stack.metrics["MemoryIdle"], stack.metrics["MemoryOpen"]
    stack.shift(timedelta(minutes=1))
    stack.set_mode("close")
    sweep(stack)
    stack.run(after(hours=1))
    stack.metrics.clear()
    sweep(stack)

    gb = 1024**3
    assert potential == (7 * gb, 15 * gb)
    measured = ("MemoryIdle", "MemorySaved", "MemoryOpen")
    assert [stack.metrics[name] for name in measured] == [0, 7 * gb, 8 * gb]


def test_a_mark_takes_the_place_of_the_one_that_was_read(ledger: Ledger) -> None:
    """Of two undos that find the same old mark, one writes the new one."""
    ledger.put(written := item(sweeps_message()))

    assert ledger.mark(written, reopening_at="1")
    assert not ledger.mark(written, reopening_at="2")
    assert ledger.mark(written, old="1", reopening_at="2")
    assert not ledger.mark(written, old="1", reopening_at="3")
    there = ledger.closing(str(written["cluster"]), str(written["closed"]))
    assert there is not None
    assert there["reopening_at"] == "2"


@pytest.mark.slow
def test_a_sweep_goes_on_without_the_ledger(stack: Runner) -> None:
    """It measures what is open and what is idle, and closes it."""
    stack.parameters = {**DAILY, "CreateDashboard": "true"}
    add_idle(stack)
    with ledger_refused():
        refused = stack.invoke("Sweeper", stack.scheduled_event(stack.now))
    stack.poll()

    assert refused["sent"] == 1
    assert refused["memory"]["saved"] is None
    assert stack.metrics["MemoryOpen"] == stack.metrics["MemoryIdle"] > 0
    assert "MemorySaved" not in stack.metrics
    assert ends(stack) == ["web: closed idle_datafeed_stopped"]
