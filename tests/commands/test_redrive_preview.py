"""`idle-jobs redrive --dry-run`: what would become of messages; nothing moves."""

import csv
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from builders import persons_message
from commands.world import World
from deployed import send, visible
from idle_jobs_cli.planning.preview import FATE_FIELDS
from local.scenario import SWEEP, ago

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]


def message(job_id: str, **fields: Any) -> str:
    """Return the close message of a person's request of a minute ago."""
    own = {"cluster": "demo", "requested_at": ago(minutes=1), "evidence": None}
    return persons_message(job_id=job_id, sent_at=None, **(own | fields)).to_json()


def request(**fields: Any) -> str:
    """Return the body of a request."""
    return json.dumps(fields)


OLD = {"requested_at": "2026-02-20T00:00:00Z"}
CASES: Mapping[str, tuple[str, str]] = {
    "no JSON": ("<html>", "parked: unreadable: body: expected a JSON object"),
    "a wrong type": (
        request(job_id="a", force=1),
        "parked: bad_request: force: expected true or false, got 1",
    ),
    "another cluster's": (
        message("web-latency", cluster="blue"),
        "parked: foreign_cluster: cluster: expected demo, got blue",
    ),
    "a busy job": (message("old-payments"), "old-payments: close (a sweep says keep"),
    "an idle job": (message("web-latency"), "web-latency: close (a sweep says close"),
    "a job that its owner keeps": (
        message("audit-trail"),
        "audit-trail: skipped: kept_by_owner (a sweep says keep kept_by_owner: custom_",
    ),
    "a failed job": (
        message("old-crash"),
        "old-crash: force: failed (a sweep says rep",
    ),
    "a busy job that was asked for long ago": (
        message("haunted-job", requested_at=ago(days=5)),
        "haunted-job: parked: request_expired, unfinished after 1d: active: quiet for",
    ),
    "an idle job that was asked for long ago": (
        message("search-volume", requested_at=ago(days=5)),
        "search-volume: close (a sweep says close idle_datafeed_stopped",
    ),
    "a job that was opened since": (
        message("web-latency", requested_at=ago(days=300)),
        "web-latency: skipped: reopened, created, opened or moved",
    ),
    "a job that was closed since": (
        message("archived", requested_at=ago(days=5)),
        "archived: closed since the request (a sweep says keep already_closed",
    ),
    "a job that is gone": (
        message("gone"),
        "skipped: no_such_job: no known job with id gone",
    ),
    "a group that is gone": (
        request(job_id="old-season", only_if_idle=False),
        "skipped: no_such_job: no known job with id old-season",
    ),
    "a wildcard that matches nothing": (
        request(job_id="zz-*", only_if_idle=True),
        "skipped: no_match: no job matches zz-*",
    ),
    "a group without a decision": (
        request(job_id="season-2025"),
        "parked: only_if_idle_required: only_if_idle: expected true or false for a gro",
    ),
    "a wrong number": (
        request(job_id="tmp-*", expected_jobs=3),
        "parked: unexpected_number: expected_jobs: 2 jobs are not closed yet, exp",
    ),
    "a group": (
        request(job_id="season-2025", only_if_idle=False),
        "autumn-sales: close (a sweep says keep active",
    ),
    "a held job": (
        request(job_id="tmp-*", only_if_idle=True),
        "tmp-trial: skipped: active (a sweep says keep active",
    ),
    "a newer version": (
        json.dumps(json.loads(message("web-latency")) | {"version": 9}),
        "parked: newer_version: version: expected at most 1, got 9",
    ),
}


@pytest.mark.parametrize(("body", "told"), CASES.values(), ids=CASES)
def test_what_would_become_of_a_message(
    body: str, told: str, world: World, capsys: Capture
) -> None:
    """Told below its id; it stays in its queue, and is visible again at once."""
    message_id = send(world.ids["ParkingQueue"], body)
    code = world.run("redrive", "--all", "--dry-run")
    first, *lines, last = capsys.readouterr().out.splitlines()

    assert (code, first) == (0, message_id)
    assert any(line.startswith(f"  {told}") for line in lines)
    assert last == "1 message would be moved. Nothing was moved."
    assert world.sent() == []
    with time_machine.travel(SWEEP + timedelta(seconds=1), tick=False):
        assert visible(world.ids["ParkingQueue"]) == [body]


@pytest.mark.parametrize("name", [name for name in CASES if "version" not in name])
def test_the_functions_do_what_was_said(
    name: str, world: World, capsys: Capture
) -> None:
    """The same message, once it is redriven, takes the step that was foretold."""
    body, _ = CASES[name]
    send(world.ids["ParkingQueue"], body)
    world.run("redrive", "--all", "--dry-run", "-o", "json")
    foretold = json.loads(capsys.readouterr().out)["jobs"]
    with time_machine.travel(SWEEP + timedelta(seconds=1), tick=False):
        world.run("redrive", "--all")
        world.work()
    ended = world.outcomes()
    posted = {line["job_id"] for line in world.log if line["message"] == "posted"}

    for each in foretold:
        step, job_id = each["first_step"], each["job_id"]
        told = ended.get(job_id, ended.get("", ""))
        if step.startswith(("skipped", "parked")):
            assert told
            assert step.startswith(told)
        elif step.startswith("closed since"):
            assert told == "closed: requested"
        else:
            assert job_id in posted


def test_what_is_not_chosen_is_not_told(world: World, capsys: Capture) -> None:
    """As without --dry-run, and nothing to tell is an error."""
    for job_id in ("web-latency", "old-payments"):
        send(world.ids["ParkingQueue"], message(job_id))
    code = world.run("redrive", "--job", "web-latency", "--dry-run")
    out = capsys.readouterr().out
    none = world.run("redrive", "--job", "gone", "--dry-run")

    assert (code, none) == (0, 1)
    assert "web-latency: close" in out
    assert "old-payments" not in out
    assert "expected message of job gone" in capsys.readouterr().err


def test_a_cluster_that_cannot_be_read_moves_nothing(
    world: World, capsys: Capture
) -> None:
    """The messages are visible again, and another address may be given."""
    send(world.ids["ParkingQueue"], message("web-latency"))
    world.turn(CLUSTER_URL="http://127.0.0.1:1")
    code = world.run("redrive", "--all", "--dry-run")
    error = capsys.readouterr().err
    with time_machine.travel(SWEEP + timedelta(seconds=1), tick=False):
        shown = visible(world.ids["ParkingQueue"])
        other = world.run("redrive", "--all", "--dry-run", "--url", world.url)

    assert (code, other, len(shown)) == (1, 0, 1)
    assert "nothing listens at 127.0.0.1:1" in error


def test_an_empty_queue_reads_no_cluster(world: World, capsys: Capture) -> None:
    """There is nothing to judge."""
    code = world.run("redrive", "--all", "--dry-run")

    assert (code, world.cluster.log) == (0, [])
    assert capsys.readouterr().out == "0 messages would be moved. Nothing was moved.\n"


def test_programs_get_a_row_for_each_job(world: World, capsys: Capture) -> None:
    """And one for a message that ends as a whole, as JSON and as CSV."""
    ids = [
        send(world.ids["ParkingQueue"], body)
        for body in (request(job_id="tmp-*", only_if_idle=False), "<html>")
    ]
    world.run("redrive", "--all", "--dry-run", "-o", "json")
    jobs = json.loads(capsys.readouterr().out)["jobs"]
    with time_machine.travel(SWEEP + timedelta(seconds=1), tick=False):
        world.run("redrive", "--all", "--dry-run", "-o", "csv")
    heading, *lines = csv.reader(capsys.readouterr().out.splitlines())

    assert sorted(heading) == sorted(jobs[0]) == sorted(jobs[-1])
    assert heading == ["message_id", *FATE_FIELDS]
    assert sorted((ids[0], ids[0], ids[1])) == sorted(line[0] for line in lines)
    assert {"tmp-probe", "tmp-trial", ""} == {each["job_id"] for each in jobs}
