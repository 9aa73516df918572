"""Close messages: written, read again, and refused by the field that is wrong."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import ascii_lowercase, digits
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, ago, persons_message, sweeps_message
from idle_jobs.messages.close_message import (
    CloseMessage,
    Evidence,
    NewerVersion,
    parse_message,
)
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.terms import Kind, Mode, Origin, stricter
from idle_jobs.reasons import Reason

SENT = ago(minutes=2)
FULL = persons_message(
    kind=Kind.WATCH,
    origin=Origin.SCHEDULE,
    mode=Mode.OBSERVE,
    force=True,
    timeout="5m",
    closing_seen_at=ago(minutes=1),
    handed_at=ago(seconds=5),
)
BARE = CloseMessage(
    cluster="test",
    request_id="sweep-1",
    job_id="web",
    requested_at=ago(hours=1),
    sent_at=SENT,
)


def parse(body: str) -> CloseMessage:
    """Read a message as a closer does."""
    return parse_message(body, sent_at=SENT, now=NOW)


def changed(**changes: Any) -> str:
    """Return the body of a sweep's message with fields changed."""
    return json.dumps(json.loads(sweeps_message().to_json()) | changes)


ROUND_TRIPS = {
    "a sweep's": sweeps_message(),
    "a person's": persons_message(),
    "one with everything": FULL,
    "one with next to nothing": BARE,
    "one whose evidence is empty": sweeps_message(evidence=Evidence()),
}


@pytest.mark.parametrize("message", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_what_is_written_is_read_again(message: CloseMessage) -> None:
    """A message is the same after a hop as before it."""
    assert message == parse(message.to_json())


# Not from a regular expression, which draws the same ten times as slowly.
ENDS = st.sampled_from(ascii_lowercase + digits)
INNER = st.text(f"{ascii_lowercase}{digits}_.-", max_size=62)
JOB_IDS = ENDS | st.tuples(ENDS, INNER, ENDS).map("".join)
PRINTABLE = st.characters(exclude_categories=("C", "Z"))
TEXTS = st.text(PRINTABLE, max_size=20)
NAMES = st.text(PRINTABLE, min_size=1, max_size=20)
PAST = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - the strategy adds the zone itself
    NOW.replace(tzinfo=None),
    timezones=st.just(UTC),
)
EVIDENCE = st.builds(
    Evidence,
    state=TEXTS,
    last_activity=st.none() | PAST,
    open_start=st.none() | PAST,
    datafeed_state=TEXTS,
)
MESSAGES = st.builds(
    CloseMessage,
    cluster=NAMES,
    request_id=NAMES,
    job_id=JOB_IDS,
    requested_at=PAST,
    kind=st.sampled_from([Kind.CLOSE, Kind.WATCH]),
    origin=st.sampled_from(Origin),
    mode=st.sampled_from([Mode.OBSERVE, Mode.CLOSE]),
    only_if_idle=st.booleans(),
    force=st.booleans(),
    timeout=st.sampled_from(["30m", "0s", "90000ms", "1d"]),
    requested_by=TEXTS,
    reason=TEXTS,
    evidence=st.none() | EVIDENCE,
    closing_seen_at=st.none() | PAST,
    handed_at=st.none() | PAST,
    sent_at=st.just(SENT),
)


@settings(deadline=None, max_examples=50)
@given(MESSAGES)
def test_no_message_loses_anything(message: CloseMessage) -> None:
    """Whatever a message holds, it holds it after a hop, too."""
    assert message == parse(message.to_json())


def test_what_is_empty_is_not_written() -> None:
    """A body holds what is known, and never when SQS was given it."""
    expected = {
        "version": 1,
        "cluster": "test",
        "request_id": "sweep-1",
        "job_id": "web",
        "requested_at": "2026-11-23T11:00:00Z",
        "kind": "close",
        "origin": "request",
        "mode": "close",
        "only_if_idle": True,
        "despite_halt": False,
        "force": False,
        "timeout": "30m",
    }

    assert expected == json.loads(BARE.to_json())


def test_why_a_message_was_parked_is_for_people() -> None:
    """A parked body says why; whoever reads it again judges anew."""
    parked = replace(BARE, parked_reason="too_many")

    assert "too_many" == json.loads(parked.to_json())["parked_reason"]
    assert BARE == parse(parked.to_json())


@pytest.mark.row(33)
def test_unknown_fields_are_ignored() -> None:
    """Functions are deployed one by one: a newer one may write more."""
    evidence = json.loads(sweeps_message().to_json())["evidence"] | {"moon": "full"}

    assert sweeps_message() == parse(changed(colour="red", evidence=evidence))


def test_the_close_timeout_is_the_requests_timeout() -> None:
    """How long Elasticsearch may take is the request's own word."""
    assert timedelta(minutes=5) == FULL.close_timeout


@pytest.mark.parametrize("field", ["cluster", "request_id", "job_id", "requested_at"])
def test_a_missing_field_is_named(field: str) -> None:
    """A message without one of these belongs to nobody."""
    body = json.loads(BARE.to_json())
    del body[field]

    with pytest.raises(BadBody, match=f"^{field}: expected in every close message"):
        parse(json.dumps(body))


@pytest.mark.row(33)
@pytest.mark.parametrize("version", [2, 3, 10**400], ids=["2", "3", "10^400"])
def test_a_newer_version_waits_for_a_newer_function(version: int) -> None:
    """What a newer function wrote is not guessed at."""
    with pytest.raises(NewerVersion, match=r"^version: expected at most 1") as refused:
        parse(changed(version=version))

    assert Reason.NEWER_VERSION is refused.value.reason


@pytest.mark.parametrize("version", [None, 0, -1, True, 1.0, "1", [1]], ids=repr)
def test_an_odd_version_is_refused(version: object) -> None:
    """A version that was never written is no version."""
    with pytest.raises(BadBody, match=r"^version: expected 1, got") as refused:
        parse(changed(version=version))

    assert Reason.BAD_REQUEST is refused.value.reason


TOMORROW = "2026-11-24T12:00:00Z"
WRONG: dict[str, tuple[dict[str, object], str]] = {
    "no cluster's name": ({"cluster": ""}, "cluster: expected 1 to 256"),
    "a cluster as a number": ({"cluster": 5}, "cluster: expected up to 256"),
    "no request's id": ({"request_id": ""}, "request_id: expected 1 to 256"),
    "a request's id as a number": ({"request_id": 5}, "request_id: expected up to"),
    "every job": ({"job_id": "*"}, "job_id: expected one job id"),
    "no job": ({"job_id": None}, "job_id: expected one job id"),
    "a time without an offset": (
        {"requested_at": "2026-11-23T11:00:00"},
        "requested_at: expected an RFC 3339 time with an offset",
    ),
    "a time as a number": (
        {"requested_at": 1_795_000_000_000},
        "requested_at: expected an RFC 3339 time with an offset",
    ),
    "asked for tomorrow": (
        {"requested_at": TOMORROW},
        "requested_at: expected a time that has passed",
    ),
    "handed over tomorrow": (
        {"handed_at": TOMORROW},
        "handed_at: expected a time that has passed",
    ),
    "seen closing tomorrow": (
        {"closing_seen_at": TOMORROW},
        "closing_seen_at: expected a time that has passed",
    ),
    "another kind": ({"kind": "open"}, "kind: expected one of close, watch, got"),
    "an undo": ({"kind": "reopen"}, "kind: expected one of close, watch, got"),
    "another origin": ({"origin": "moon"}, "origin: expected one of schedule, request"),
    "another mode": ({"mode": "force"}, "mode: expected one of paused, observe, close"),
    "born paused": (
        {"mode": "paused"},
        "mode: expected observe or close, got 'paused'",
    ),
    "idleness in words": ({"only_if_idle": "no"}, "only_if_idle: expected true or"),
    "force as a number": ({"force": 1}, "force: expected true or false, got 1"),
    "a timeout as a number": ({"timeout": 30}, "timeout: expected a time value"),
    "a reason as a list": ({"reason": []}, "reason: expected up to 256 printable"),
    "asked by a number": ({"requested_by": 5}, "requested_by: expected up to 256"),
    "evidence in words": (
        {"evidence": "it is idle"},
        "evidence: expected an object, got 'it is idle'",
    ),
    "evidence of the wrong type": (
        {"evidence": {"state": 5}},
        "evidence: state: expected up to 256 printable characters, got 5",
    ),
    "evidence without an offset": (
        {"evidence": {"open_start": "2026-11-23T11:00:00"}},
        "evidence: open_start: expected an RFC 3339 time with an offset",
    ),
}


@pytest.mark.parametrize(("changes", "why"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_is_named(changes: dict[str, Any], why: str) -> None:
    """A field of the wrong type or range refuses the message, and is named."""
    with pytest.raises(BadBody, match="expected") as refused:
        parse(changed(**changes))

    assert why == str(refused.value)[: len(why)]
    assert Reason.BAD_REQUEST is refused.value.reason


def test_the_stricter_mode_rules() -> None:
    """Of two modes the one that allows less counts, whichever comes first."""
    strictest = [stricter(one, other) for one in Mode for other in Mode]
    paused, observe, close = Mode.PAUSED, Mode.OBSERVE, Mode.CLOSE

    assert [
        *(paused, paused, paused),
        *(paused, observe, observe),
        *(paused, observe, close),
    ] == strictest
