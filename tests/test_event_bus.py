"""Events: what a bus is told, and that a bus which fails changes and delays nothing."""

import json
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from jsonschema import Draft202012Validator

from builders import NOW, RULES, idle_job, persons_message
from deployed import refuse
from idle_jobs.aws import BUS_CONFIG
from idle_jobs.event_bus import ANNOUNCEMENT, HALT, LEAST_LEFT, OUTCOME, EventBus, Lost
from idle_jobs.messages.outcome import Ended, Outcome, outcome_of
from idle_jobs.messages.readers import LONGEST_TEXT
from idle_jobs.policy.idleness import IDLE_REASONS
from idle_jobs.policy.judge import judge
from idle_jobs.policy.mass_events import MassEvent
from idle_jobs.policy.owner import Owner
from idle_jobs.reasons import Reason
from idle_jobs_cli.schemas import schema
from listener import Listener
from local.runner import Runner
from local.schedule import DAILY
from markdown import fences
from stacks import START, add_busy, add_idle, after, by_new_clients, ends, sweep
from standin.cluster import Cluster

PAGE = Path(__file__).parents[1] / "docs" / "operating.md"
SHOWN = fences(PAGE.read_text("utf-8"), "json")
EVENT = schema("event")
VALIDATOR = Draft202012Validator(EVENT)
LONGEST_CALL = 1_000_000  # bytes of all entries


class Client:
    """EventBridge: `answers` has an error, or what is wrong with each entry."""

    def __init__(self, *answers: Exception | list[str]) -> None:
        self.sent: list[Sequence[Mapping[str, str]]] = []
        self.answers = list(answers)

    def put_events(self, *, Entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:  # noqa: N803
        """Keep what is sent, and answer."""
        self.sent.append(Entries)
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        wrong = [{"ErrorCode": code} for code in answer]
        return {"Entries": wrong + [{"EventId": "e"}] * (len(Entries) - len(wrong))}


def bus_of(client: Client, events: int) -> EventBus:
    """Return a bus for which so many events wait."""
    bus = EventBus(lambda: client, "outcomes", "demo")
    for n in range(events):
        bus.add(OUTCOME, {"job_id": f"job-{n}"})
    return bus


def test_events_are_sent_ten_at_a_time() -> None:
    """In their order; each says whose it is, and in which version."""
    client = Client()

    assert bus_of(client, 23).send(lambda: 100) is None
    assert [10, 10, 3] == [len(entries) for entries in client.sent]
    assert client.sent[2][2] == {
        "EventBusName": "outcomes",
        "Source": "idle-job-closer",
        "DetailType": "Job closing outcome",
        "Detail": '{"version": 1, "cluster": "demo", "job_id": "job-22"}',
    }


def test_nothing_is_asked_without_an_event() -> None:
    """Most invocations end no request; they need no client."""
    client = Client()

    assert bus_of(client, 0).send(lambda: 100) is None
    assert [] == client.sent


def test_a_call_that_fails_is_the_last_one() -> None:
    """Of three calls the second fails: what it had, and what was left, is lost."""
    away = EndpointConnectionError(endpoint_url="https://events")
    client = Client([], away)

    assert bus_of(client, 23).send(lambda: 100) == Lost(13, str(away))
    assert len(client.sent) == 2


def test_an_event_that_is_refused_stops_no_other() -> None:
    """The bus answers, so the others are sent; each cause is told once."""
    client = Client(["ThrottlingException"] * 2, ["InternalFailure"])
    lost = bus_of(client, 13).send(lambda: 100)

    assert lost == Lost(3, "InternalFailure, ThrottlingException")
    assert len(client.sent) == 2


@pytest.mark.parametrize(
    ("at_first", "each_takes", "calls"), [(300, 29, 2), (LEAST_LEFT - 1, 0, 0)]
)
def test_a_slow_bus_takes_no_time_that_others_need(
    at_first: float, each_takes: float, calls: int
) -> None:
    """It has half a minute, and nothing of the last seconds of an invocation."""
    client = Client()
    lost = bus_of(client, 40).send(lambda: at_first - each_takes * len(client.sent))

    assert lost == Lost(40 - 10 * calls, "no time was left")
    assert len(client.sent) == calls


def longest() -> Outcome:
    """Return an outcome whose texts are as long as they can be, in four bytes each."""
    text = "\U0001f600" * LONGEST_TEXT
    message = persons_message(
        request_id=text, requested_by=text, sent_by=text, reason=text
    )
    detail = "\U0001f600" * 1000
    return outcome_of(message, None, Ended.PARKED, Reason.BAD_REQUEST, detail)


def test_ten_of_the_longest_outcomes_fit_into_a_call() -> None:
    """Each of their characters is twelve in the JSON."""
    client = Client()
    bus = bus_of(client, 0)
    for _ in range(10):
        bus.add(OUTCOME, longest().in_plain_values())
    bus.send(lambda: 100)

    assert len(json.dumps(client.sent)) < LONGEST_CALL


def event(detail_type: str, fields: Mapping[str, object]) -> dict[str, Any]:
    """Return an event as a target gets it."""
    client = Client()
    bus = bus_of(client, 0)
    bus.add(detail_type, fields)
    bus.send(lambda: 100)
    [[entry]] = client.sent
    detail = json.loads(entry["Detail"])
    return {"source": entry["Source"], "detail-type": detail_type, "detail": detail}


HALTED = MassEvent(START, after(hours=2), 30, 40).in_plain_values() | {
    "request_id": "r",
    "requested_at": "2026-03-02T06:05:00Z",
    "mode": "observe",
    "held_jobs": 29,
}


ANNOUNCED = {
    **judge(idle_job(owner=Owner(name="team-x")), NOW, RULES).in_plain_values(),
    "request_id": "r",
    "requested_at": "2026-11-23T12:00:00Z",
    "mode": "close",
    "announced_at": "2026-11-23T12:00:00Z",
    "may_be_closed_from": "2026-11-25T12:00:00Z",
}


def test_the_schema_describes_an_announcement() -> None:
    """Some fields are left out of it, and the others are always there."""
    told = EVENT["$defs"]["announcement"]
    one = event(ANNOUNCEMENT, ANNOUNCED)
    assert VALIDATOR.is_valid(one)

    assert sorted(told["properties"]) == sorted(ANNOUNCED)
    for field in ANNOUNCED:
        less = {k: v for k, v in one["detail"].items() if k != field}
        needed = field in told["required"]
        assert VALIDATOR.is_valid({**one, "detail": less}) is not needed
    assert not VALIDATOR.is_valid(one | {"detail-type": HALT})
    assert {*told["properties"]["reason"]["enum"]} == IDLE_REASONS | {Reason.FAILED}


def test_the_schema_describes_each_kind() -> None:
    """Neither is accepted as the other, nor without one of its fields."""
    outcome = event(OUTCOME, longest().in_plain_values())
    halt = event(HALT, HALTED)

    assert VALIDATOR.is_valid(outcome)
    assert VALIDATOR.is_valid(halt)
    assert not VALIDATOR.is_valid(outcome | {"detail-type": HALT})
    assert not VALIDATOR.is_valid(halt | {"detail-type": OUTCOME})
    assert not VALIDATOR.is_valid(halt | {"source": "aws.events"})
    newer = {**halt, "detail": halt["detail"] | {"version": 2}}
    assert not VALIDATOR.is_valid(newer)
    for field in halt["detail"]:
        less = {k: v for k, v in halt["detail"].items() if k != field}
        assert not VALIDATOR.is_valid({**halt, "detail": less})


def test_the_schema_is_one() -> None:
    """It has a name, the kinds of the code, and a description of each field."""
    kinds = EVENT["properties"]["detail-type"]["enum"]
    halt = EVENT["$defs"]["halt"]
    Draft202012Validator.check_schema(EVENT)

    assert EVENT["$id"] == "urn:idle-job-closer:schema:event:1"
    assert kinds == [OUTCOME, HALT, ANNOUNCEMENT]
    assert sorted(halt["required"]) == sorted(halt["properties"]) == sorted(HALTED)
    assert EVENT["$defs"]["outcome"] == schema("outcome")


def with_bus() -> Runner:
    """Return a stack whose functions send events."""
    return Runner(Cluster(), START, DAILY | {"EventBusName": "outcomes"})


def a_day(stack: Runner) -> None:
    """Let jobs be closed, forced, skipped and parked, and many be held."""
    add_idle(stack)
    add_busy(stack, "busy")
    add_idle(stack, "odd", state="failed")
    for n in range(11):
        quiet = timedelta(hours=50)
        add_idle(stack, f"many-{n:02}", last_data=START - quiet)
    stack.request(job_id="odd", force=True, requested_by="ann")
    stack.request(job_id="busy", only_if_idle=True)
    stack.request(job_id="web", surprise=1)
    sweep(stack)
    stack.run(after(hours=1))


@pytest.mark.slow
def test_each_outcome_and_each_halt_is_an_event() -> None:
    """With the fields of the log line, and as the schema says.

    That a sweep holds a job is told by the line of its verdict, which has fewer.
    """
    with with_bus() as stack:
        listener = Listener("outcomes", '{"source": ["idle-job-closer"]}')
        a_day(stack)
        heard, outcomes = listener.heard, stack.outcomes()
    [halt] = [each["detail"] for each in heard if each["detail-type"] == HALT]
    ended = [each["detail"] for each in heard if each["detail-type"] == OUTCOME]

    assert len(ended) == len(outcomes)
    for line in outcomes:
        [told] = [e for e in ended if told_alike(e, line)]
        assert told_by(told) == {"version": 1, "cluster": "demo"}
    assert {each["ended"] for each in ended} == {*Ended} - {Ended.REOPENED}
    assert (halt["held_jobs"], halt["jobs"]) == (11, 11)
    assert halt["in_words"] in next(
        line["halts"] for line in stack.log if line["message"] == "swept"
    )
    assert [[]] * len(heard) == [list(VALIDATOR.iter_errors(each)) for each in heard]


def told_alike(event: dict[str, Any], line: dict[str, Any]) -> bool:
    """Return whether an event says what a line says."""
    if "sweep" in line:
        names = ("job_id", "request_id", "ended", "reason", "detail")
        return [event.get(name) for name in names] == [line[name] for name in names]
    return event.items() <= (line | told_by(event)).items()


def told_by(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event has beside the fields of its outcome."""
    return {name: detail[name] for name in ("version", "cluster")}


@pytest.mark.parametrize(
    ("kind", "fields", "word"),
    [(HALT, HALTED, "held_jobs"), (ANNOUNCEMENT, ANNOUNCED, "may_be_closed_from")],
)
def test_the_events_of_the_page_are_some(
    kind: str, fields: Mapping[str, object], word: str
) -> None:
    """They have the fields that the functions write."""
    [shown] = [json.loads(each) for each in SHOWN if f'"{word}"' in each]

    assert list(VALIDATOR.iter_errors(shown)) == []
    assert shown.keys() == event(kind, fields).keys()
    assert shown["detail"].keys() == event(kind, fields)["detail"].keys()


def test_a_team_hears_what_is_announced_to_it() -> None:
    """By the pattern of the page; another team does not."""
    [pattern] = [each for each in SHOWN if '"owner": ["team-x"]' in each]
    given = {"EventBusName": "outcomes", "NoticePeriod": "2d"}
    with Runner(Cluster(), START, DAILY | given) as stack:
        listener = Listener("outcomes", pattern)
        for team in ("team-x", "team-y"):
            owned = {"idle_closer": {"owner": team}}
            add_idle(stack, f"of-{team}", custom_settings=owned)
        sweep(stack)
        [heard] = listener.heard

    assert heard["detail"]["job_id"] == "of-team-x"
    assert list(VALIDATOR.iter_errors(heard)) == []


@pytest.mark.slow
def test_the_rule_of_the_page_matches_what_needs_a_person() -> None:
    """What was forced or parked, and what is held; no other outcome."""
    [pattern] = [each for each in SHOWN if "$or" in each]
    with with_bus() as stack:
        listener = Listener("outcomes", pattern)
        a_day(stack)
        heard = [e["detail"].get("ended", e["detail-type"]) for e in listener.heard]

    assert sorted(heard) == [HALT, "force_closed", "parked"]


def bus_refused(code: str) -> AbstractContextManager[None]:
    """Let EventBridge take no event."""
    return by_new_clients(refuse("events.PutEvents", code))


@pytest.mark.slow
def test_a_bus_that_refuses_changes_nothing() -> None:
    """Each outcome comes at the same time as without a bus, and each loss is told."""
    days = []
    for given in ({}, {"EventBusName": "outcomes"}):
        with Runner(Cluster(), START, DAILY | given) as stack, bus_refused("Denied"):
            a_day(stack)
            lost = [line for line in stack.log if line["message"] == "event_failed"]
            told = [(each["at"], each.get("job_id", "")) for each in stack.outcomes()]
            days.append((sorted(ends(stack)), sorted(told), dict(stack.metrics)))
            assert (stack.errors, stack.metrics["RecordsBroken"]) == ([], 0)

    assert days[0] == days[1]
    assert sum(line["events"] for line in lost) == len(days[1][0]) + 1  # and a halt
    assert all("Denied" in line["detail"] for line in lost)
    assert {line["level"] for line in lost} == {"WARNING"}


@pytest.mark.slow
def test_a_bus_that_does_not_answer_costs_seconds() -> None:
    """The connection is made, and nothing comes: each attempt has one second."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = boto3.client(
            "events",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="made",
            aws_secret_access_key="up",
            config=BUS_CONFIG,
        )
        began = time.monotonic()
        lost = bus_of(client, 40).send(lambda: 100)

    assert lost is not None
    assert asdict(lost)["events"] == 40
    assert time.monotonic() - began < LEAST_LEFT / 2 + 1
