"""events/: one real event for each trigger, as the product's own readers take it."""

import hashlib
import json
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idle_jobs.messages.close_message import CloseMessage, parse_message
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.records import Record, sort_records
from idle_jobs.messages.request import parse_request
from idle_jobs.messages.terms import Origin
from idle_jobs.messages.undo_request import Reopen, parse_undo
from local.intrinsics import load_template
from local.scenario import ROWS
from local.topology import TEMPLATE, Topology
from sweeper import OLDEST_EVENT, scheduled

EVENTS = Path(__file__).parents[2] / "events"
QUEUES = {"request": "RequestQueue", "close": "CloseQueue", "force": "ForceQueue"}
SCHEDULES = ("sweeper", "scheduler")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # The time of sweeper.json.
JOBS = {row.job_id for row in ROWS}


def read(name: str) -> dict[str, Any]:
    """Return an event of the folder."""
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(event, dict)
    return event


def records_of(event: object) -> list[Record]:
    """Return an event's records, of which none is odd."""
    whole, odd = sort_records(event)
    assert odd == []
    return whole


def message_of(name: str) -> CloseMessage:
    """Return the close message that an event carries, as a closer reads it."""
    (record,) = records_of(read(name))
    sent = record.sent_at
    return parse_message(record.body, sent_at=sent, now=sent + timedelta(seconds=1))


def test_every_trigger_has_its_event() -> None:
    """There is one for each schedule, for each queue that is read, and for an undo."""
    functions = Topology.load().functions.values()
    read_ones = [source.queue for f in functions for source in f.sources]
    by_queue = {queue: name for name, queue in QUEUES.items()}

    assert [f.name for f in functions if f.schedule] == ["Sweeper"]
    assert sorted(path.stem for path in EVENTS.iterdir()) == sorted(
        [*SCHEDULES, *(by_queue[queue] for queue in read_ones), "reopen"]
    )


def test_scheduler_sends_the_text_of_the_template() -> None:
    """What EventBridge Scheduler is given has the fields of the example."""
    example = read("scheduler")
    schedule = load_template(TEMPLATE)["Resources"]["SweepSchedule"]["Properties"]
    sent = json.loads(schedule["Target"]["Input"])
    context = re.compile(
        r"<aws\.scheduler\.(schedule-arn|scheduled-time|execution-id)>"
    )

    assert sent.keys() == example.keys()
    assert [f for f, value in sent.items() if value == example[f]] == [
        *("version", "detail-type", "source", "detail")
    ]
    for field in ("id", "time"):
        assert context.fullmatch(sent[field])


def test_an_undo_names_a_closing() -> None:
    """The Reopener takes it as it stands."""
    asked = parse_undo(read("reopen"), MIDNIGHT + timedelta(hours=1))

    assert isinstance(asked, Reopen)
    assert {closed.partition(" ")[2] for closed in asked.closings} <= JOBS


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_schedule_asks_for_every_idle_job(name: str) -> None:
    """The scheduled event's time and id are the request's."""
    event = read(name)
    request = scheduled(event, MIDNIGHT)

    assert ("*", True, Origin.SCHEDULE, event["id"]) == (
        request.job_id,
        request.only_if_idle,
        request.origin,
        request.request_id,
    )
    assert MIDNIGHT == request.requested_at


@pytest.mark.parametrize(
    "late", [timedelta(seconds=-5), timedelta(), timedelta(minutes=15, seconds=5)]
)
def test_an_event_of_this_quarter_of_an_hour_is_taken(late: timedelta) -> None:
    """EventBridge's clock may be ahead, and Lambda keeps an event 15 minutes (F4)."""
    now = MIDNIGHT + late

    assert scheduled(read("sweeper"), now).requested_at == min(MIDNIGHT, now)


OF_ANOTHER_TIME = {
    "a generated test event": "1970-01-01T00:00:00Z",
    "a replay out of an archive": "2026-02-27T00:00:00Z",
    "a redrive of twenty minutes ago": "2026-03-01T23:40:00Z",
    "a time that has not come": "2036-03-02T00:00:00Z",
    "ten seconds ahead": "2026-03-02T00:00:10Z",
}


@pytest.mark.parametrize("time", OF_ANOTHER_TIME.values(), ids=OF_ANOTHER_TIME)
def test_an_event_of_another_time_is_refused_by_name(time: str) -> None:
    """What it was, what was expected, and what to do: it says nothing of now (F4)."""
    expected = (
        "time: expected a time in the 15m before 2026-03-02T00:00:00Z, "
        f"got {time}; write the present time into the event"
    )

    with pytest.raises(BadBody, match=re.escape(expected)):
        scheduled(read("sweeper") | {"time": time}, MIDNIGHT)


def test_no_event_outlives_its_quarter_of_an_hour() -> None:
    """What the Sweeper refuses is what Lambda would have dropped (F4)."""
    sweeper = load_template(TEMPLATE)["Resources"]["Sweeper"]["Properties"]
    lives = sweeper["EventInvokeConfig"]["MaximumEventAgeInSeconds"]

    assert timedelta(seconds=lives) == OLDEST_EVENT


def test_the_page_writes_the_present_time_into_the_event(tmp_path: Path) -> None:
    """Its one line of shell makes an event that the Sweeper takes (F4)."""
    page = (EVENTS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (line,) = re.findall("`(sed [^`]*events/sweeper.json) > event.json`", page)
    written = tmp_path / "event.json"
    command = f"{line} > {shlex.quote(str(written))}"
    subprocess.run(["bash", "-c", command], cwd=EVENTS.parent, check=True)  # noqa: S603, S607  (our own page)
    event = json.loads(written.read_text(encoding="utf-8"))
    now = datetime.now(UTC)

    assert scheduled(event, now).requested_at <= now
    assert event | {"time": ""} == read("sweeper") | {"time": ""}


def test_the_request_is_a_persons() -> None:
    """The request names one job of the scenario, who wants it closed, and why."""
    (record,) = records_of(read("request"))
    sent = record.sent_at
    request = parse_request(record.body, request_id="r-1", sent_at=sent, now=sent)

    assert request.is_exact
    assert request.job_id in JOBS
    assert ("ann", "move-payments-1") == (request.requested_by, request.request_id)
    assert request.requested_at < sent


@pytest.mark.parametrize("name", ["close", "force"])
def test_close_messages_are_as_the_functions_write_them(name: str) -> None:
    """Nothing is missing or added when a message is read and written again."""
    (record,) = records_of(read(name))

    assert record.body == message_of(name).to_json()


@pytest.mark.parametrize("name", ["close", "force"])
def test_close_messages_come_from_the_sweep(name: str) -> None:
    """The sweep of sweeper.json saw an idle job of the scenario's cluster."""
    sweep, message = scheduled(read("sweeper"), MIDNIGHT), message_of(name)

    assert (sweep.request_id, "drill") == (message.request_id, message.cluster)
    assert message.job_id in JOBS
    assert message.evidence is not None
    assert message.evidence.state == "opened"


def test_only_the_handed_over_message_is_stamped() -> None:
    """The Closer found the job closing half an hour after the sweep."""
    force = message_of("force")

    assert message_of("close").handed_at is None
    assert force.closing_seen_at is not None
    assert force.closing_seen_at == force.handed_at
    assert force.handed_at - force.requested_at >= timedelta(minutes=30)


@pytest.mark.parametrize(("name", "queue"), QUEUES.items(), ids=QUEUES)
def test_records_are_as_lambda_delivers_them(name: str, queue: str) -> None:
    """The checksum is the body's, the source is the queue, the time has passed."""
    [record] = read(name)["Records"]
    digest = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()

    assert record["md5OfBody"] == digest
    called = load_template(TEMPLATE)["Resources"][queue]["Properties"]["QueueName"][
        "Fn::Sub"
    ]
    name = called.replace("${AWS::StackName}", "idle-job-closer")
    assert record["eventSourceARN"].endswith(f":123456789012:{name}")
    assert records_of({"Records": [record]})[0].sent_at.month == 3
