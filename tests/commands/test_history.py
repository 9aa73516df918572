"""`idle-jobs history`: what the ledger has, and what became of each job since."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine

from commands.world import World
from deployed import send
from local.scenario import SWEEP

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
CLOSED = ("api", "batch", "crm")
HOUR = timedelta(hours=1)


@pytest.fixture
def history(world: World) -> Iterator[World]:
    """Yield a stack that has closed three jobs, two of which came back since."""
    for job_id in CLOSED:
        opened = SWEEP - 24 * HOUR
        given: dict[str, Any] = {"state": "opened", "opened": opened}
        world.cluster.add_job(job_id, now=SWEEP, memory="1gb", created=opened, **given)
        ask = {"job_id": job_id, "requested_by": "ann", "reason": "drill"}
        send(world.ids["RequestQueue"], json.dumps(ask))
    world.work()
    with time_machine.travel(SWEEP + HOUR, tick=False):
        world.cluster.jobs["batch"].state = "opened"
        again = world.cluster.jobs["api"]
        again.finished = SWEEP + HOUR / 2
        yield world


def entries(world: World, capsys: Capture, *more: str) -> dict[str, Any]:
    """Return the history as JSON, by job."""
    assert world.run("history", "-o", "json", *more) == 0
    found = json.loads(capsys.readouterr().out)["closings"]
    return {entry["job_id"]: entry for entry in found}


def test_each_closing_says_by_whom_why_and_what_became_of_it(
    history: World, capsys: Capture
) -> None:
    """So a person sees what it closed, and what of it came back."""
    found = entries(history, capsys)

    now = {job_id: entry["now"] for job_id, entry in found.items()}
    assert now == {
        "api": "closed again",
        "batch": "open again",
        "crm": "closed",
    }
    for entry in found.values():
        assert ("closed", "requested") == (entry["ended"], entry["reason"])
        assert ("us", "ann", "drill") == (
            entry["closed_by"],
            entry["requested_by"],
            entry["request_reason"],
        )
        assert entry["state_before"] == "opened"
        assert entry["closed_at"].startswith(f"{SWEEP:%Y-%m-%dT%H}")


def test_a_job_that_is_gone_is_said_to_be_deleted(
    history: World, capsys: Capture
) -> None:
    """Its closings stay in the ledger."""
    del history.cluster.jobs["crm"]

    assert entries(history, capsys)["crm"]["now"] == "deleted"


def test_one_job_and_a_span_can_be_asked_for(history: World, capsys: Capture) -> None:
    """Nothing is said of others, and nothing of what is older."""
    only = entries(history, capsys, "--job", "api")
    recent = entries(history, capsys, "--since", "30m")

    assert ([*only], [*recent]) == (["api"], [])


def test_the_table_sums_it_up(history: World, capsys: Capture) -> None:
    """A row for each closing, and a line for all."""
    history.turn(GIB_HOUR_PRICE="0.5")
    assert history.run("history") == 0
    *rows, total, saved, _others = capsys.readouterr().out.splitlines()

    assert {row.split()[2] for row in rows[1:]} == {*CLOSED}
    assert total.startswith("3 closings in the last 7d, 3.0 GB of ML memory. ")
    assert total.endswith("Now: 1 closed, 1 closed again, 1 open again.")
    # One job of a gigabyte, for an hour.
    assert saved == "Saved in this time: 1.0 GiB-hours, at most 0.50 in money."


def test_a_forced_close_by_nobody_knows_whom(history: World, capsys: Capture) -> None:
    """Two things that a reader has to see at once."""
    item = {
        "cluster": "demo",
        "closed": "2026-03-02T00:00:01Z gone-job",
        "job_id": "gone-job",
        "closed_by": "unknown",
        "ended": "force_closed",
        "reason": "failed",
        "origin": "schedule",
    }
    name = history.ids["Ledger"]
    boto3.resource("dynamodb").Table(name).put_item(Item=item)
    history.run("history", "--job", "gone-job")

    told = capsys.readouterr().out.splitlines()[1]
    assert "forced, by whom unknown" in told
    assert told.endswith("deleted")


def test_nothing_was_closed(world: World, capsys: Capture) -> None:
    """Then one line says so."""
    assert world.run("history", "--since", "30d") == 0

    nothing, others = capsys.readouterr().out.splitlines()
    assert nothing == "Nothing was closed in the last 30d."
    assert others == (
        "Not in the ledger: 1 job closed by somebody else, or by a close of ours that "
        "is not written yet: archived"
    )


def test_what_elasticsearch_closed_at_night_is_named(
    world: World, capsys: Capture
) -> None:
    """No message met it, so the cluster alone shows it, and its rule has to fit."""
    world.cluster.version = "9.5.0"
    night = SWEEP - 23 * HOUR
    for n in range(6):
        fields: dict[str, Any] = {"state": "closed", "datafeed": "stopped"}
        fields |= {"finished": night, "latest_record": night - 72 * HOUR}
        world.cluster.add_job(f"night-{n}", now=SWEEP, **fields)
    world.run("history", "--since", "30d")
    out = capsys.readouterr().out
    world.run("history", "--job", "night-0", "-o", "json")
    told = json.loads(capsys.readouterr().out)

    line = (
        "Not in the ledger: 6 jobs closed in the nightly run of Elasticsearch's own "
        "closer: night-0, night-1, night-2, night-3, night-4, ...\n"
    )
    assert line in out
    assert told["closings"] == []
    assert told["others"] == [
        {
            "job_id": "night-0",
            "closed_at": "2026-03-01T01:00:00Z",
            "closed_by": "elasticsearch",
        }
    ]


def test_csv_has_a_row_for_each_closing(history: World, capsys: Capture) -> None:
    """With every field of the JSON."""
    history.run("history", "-o", "csv")
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))

    assert {row["job_id"] for row in rows} == {*CLOSED}


def test_a_span_that_is_none_is_refused(world: World, capsys: Capture) -> None:
    """Before anything is read."""
    assert world.run("history", "--since", "soon") == 2

    assert "--since" in capsys.readouterr().err
