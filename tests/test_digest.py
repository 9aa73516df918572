"""Digests of a stack: when one is published, and that no sweep depends on it."""

from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from contract.test_arrows import ROOT
from deployed import refuse
from local.digests import Published
from local.runner import Runner
from local.schedule import DAILY
from markdown import fences
from stacks import (
    START,
    add_idle,
    after,
    before_ledger,
    by_new_clients,
    ledger_refused,
    sweep,
)
from standin.cluster import Cluster

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")


def with_digests(every: str = "daily", **given: Any) -> Runner:
    """Return a stack that publishes digests; its sweeps are the test's."""
    return Runner(Cluster(), START, DAILY | {"Digest": every}, **given)


def heard(stack: Runner) -> list[Published]:
    """Return the digests since one last asked."""
    assert stack.digests is not None
    return stack.digests.heard()


def sns_refused() -> AbstractContextManager[None]:
    """Let SNS take no digest."""
    return by_new_clients(refuse("sns.Publish", "InternalError"))


def said(stack: Runner, message: str) -> list[dict[str, Any]]:
    """Return the lines of the log with this message."""
    return [line for line in stack.log if line["message"] == message]


def a_day_of_three(stack: Runner) -> None:
    """Close two jobs and park a request; a third job has to be reported."""
    add_idle(stack, "orders", memory="4gb", custom_settings=OWNED)
    add_idle(stack, "web", memory="2gb")
    add_idle(stack, "posted", memory="1gb", datafeed=None)
    stack.request(job_id="web", surprise=1)
    sweep(stack)
    stack.run(after(hours=2))


KEY = {"cluster": "demo", "closed": "digest"}
LAST_QUERY = 4  # Closings to judge by, open jobs, last digest, closings to tell.
SINCE = "From 2026-03-01 06:05 UTC"
LAST_PUT = 3  # The open jobs, the claim, and that the digest was published.
OWNED = {"idle_closer": {"owner": "team-x"}}


@pytest.mark.slow
def test_a_digest_is_that_of_the_page() -> None:
    """What the page shows is what a subscriber gets, to the letter."""
    with with_digests() as stack:
        a_day_of_three(stack)
        heard(stack)
        stack.shift(timedelta(days=1))
        sweep(stack)
        [published] = heard(stack)
    [shown] = [text for text in fences(PAGE, "text") if text.startswith("Subject:")]

    assert shown == f"Subject: {published.subject}\n\n{published.text}"


def test_each_closing_is_told_once() -> None:
    """In the first digest after it, however late its item is written."""
    with with_digests("sweep") as stack:
        add_idle(stack, "early")
        sweep(stack)
        stack.shift(timedelta(minutes=1))
        with ledger_refused():
            stack.poll()
        stack.shift(timedelta(hours=1))
        sweep(stack)
        stack.run(stack.now + timedelta(hours=2))
        add_idle(stack, "late")
        for _ in range(3):
            sweep(stack)
            stack.run(stack.now + timedelta(hours=1))
        told = [each.text.partition("BEING CLOSED")[0] for each in heard(stack)]

    assert [("early" in text, "late" in text) for text in told] == [
        (False, False),
        (False, False),
        (True, False),
        (False, True),
        (False, False),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("every", "digests"), [("daily", 3), ("sweep", 49)])
def test_there_is_one_a_day_or_one_a_sweep(every: str, digests: int) -> None:
    """A schedule that comes some seconds early loses none."""
    given = {"Digest": every, "ScheduleExpression": "rate(1 hour)"}
    with Runner(Cluster(), START, given) as stack:
        for n in range(49):
            sweep(stack)
            stack.shift(timedelta(hours=1, seconds=-(n == 23)))

        assert len(heard(stack)) == digests
        assert len(said(stack, "digest_sent")) == digests


def test_a_repeated_sweep_has_no_second_digest() -> None:
    """Lambda invokes the Sweeper with the same event again, if it died."""
    with with_digests("sweep", dies={("Sweeper", 1)}) as stack:
        event = stack.scheduled_event(stack.now)
        stack.invoke("Sweeper", event)
        stack.shift(timedelta(minutes=1))
        stack.invoke("Sweeper", event)

        assert len(heard(stack)) == 1


def test_what_sns_refuses_comes_with_the_next_sweep() -> None:
    """The sweep is as without it; the refusal is an error in the log."""
    with with_digests() as stack:
        add_idle(stack)
        with sns_refused():
            refused = sweep(stack)
        stack.run(after(hours=1))
        failed = said(stack, "digest_failed")
        sweep(stack)

        assert (refused["sent"], stack.errors) == (1, [])
        assert [line["level"] for line in failed] == ["ERROR"]
        assert "InternalError" in failed[0]["detail"]
        [late] = heard(stack)
    assert "\nCLOSED: 1 job" in late.text


def test_a_claim_that_is_young_is_left_to_its_sweep() -> None:
    """Two sweeps at the same time publish one digest."""
    with with_digests() as stack:
        with sns_refused():
            sweep(stack)
        stack.shift(timedelta(minutes=2))
        sweep(stack)
        young = heard(stack)
        stack.shift(timedelta(minutes=10))
        sweep(stack)

        assert (young, len(heard(stack))) == ([], 1)


def test_a_sweeper_that_dies_after_it_has_published_leaves_it_to_the_next() -> None:
    """The same digest comes twice, and with what came since; none is lost."""
    puts = count(1)

    def die(**_: object) -> None:
        if next(puts) == LAST_PUT:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    with with_digests() as stack:
        with before_ledger("dynamodb.PutItem", die):
            sweep(stack)
        [first] = heard(stack)
        stack.shift(timedelta(hours=1))
        sweep(stack)
        [second] = heard(stack)

    assert said(stack, "ledger_away")
    assert first.text.splitlines()[2] == second.text.splitlines()[2] == SINCE


def test_a_sweep_that_was_faster_publishes_alone() -> None:
    """It claims the digest after the other one has read that there is none."""
    queries = count(1)
    with with_digests() as stack:

        def claim(**_: object) -> None:
            if next(queries) == LAST_QUERY:
                at = "2026-03-02T06:05:00.000001Z"
                boto3.resource("dynamodb").Table(stack.name).put_item(
                    Item=KEY | {"noted_at": at, "claimed_at": at}
                )

        with before_ledger("dynamodb.Query", claim):
            sweep(stack)

        assert next(queries) == LAST_QUERY + 1
        assert (heard(stack), said(stack, "digest_sent")) == ([], [])


def test_without_the_ledger_there_is_no_digest_yet() -> None:
    """It says what was closed, so it waits; the sweep does not."""
    with with_digests() as stack:
        with ledger_refused():
            summary = sweep(stack)
        early = heard(stack)
        sweep(stack)

        assert summary["mode"] == "close"
        assert (early, len(heard(stack))) == ([], 1)


def test_an_item_that_nobody_can_read_fails_no_sweep() -> None:
    """Somebody has written to the table by hand: that is told, with its alarm."""
    with with_digests() as stack:
        boto3.resource("dynamodb").Table(stack.name).put_item(
            Item=KEY | {"claimed_at": "yesterday"}
        )
        summary = sweep(stack)

        assert (summary["mode"], stack.errors, heard(stack)) == ("close", [], [])
        assert stack.metrics["RecordsBroken"] == stack.metrics["WorkFailed"] == 1


def test_a_pause_is_told_once_a_day() -> None:
    """Also where each sweep has a digest."""
    with with_digests("sweep", mode="paused") as stack:
        for _ in range(3):
            sweep(stack)
            stack.shift(timedelta(hours=1))
        [told] = heard(stack)

    assert "PAUSED" in told.text
    assert told.subject.startswith("Idle jobs, demo, paused: ")


def test_a_request_has_no_digest() -> None:
    """It has an answer."""
    with with_digests("sweep") as stack:
        stack.invoke("Sweeper", {"job_id": "*", "only_if_idle": True})

        assert heard(stack) == []
