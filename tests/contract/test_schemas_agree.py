"""The published schemas accept what the product reads, and nothing else.

A schema cannot say that a time has passed, which days a month has, which characters can
be printed, or that a number is written without a fraction (`1.0`). Ours do not say that
no time value is longer than 36500d either, nor anything about what nobody reads. For
these rules only one direction holds: what the product reads, the schema accepts.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.reasons import Reason
from idle_jobs.texts import tidy
from idle_jobs.times import CLOCKS_APART, duration, moment
from idle_jobs_cli.schemas import schema
from messages.test_close_message import JOB_IDS, MESSAGES, PAST, TEXTS
from schema_values import EXPRESSIONS, JSON, TEXT, VALUES
from schemas import read, wrongs

MESSAGE = {
    "version": 1,
    "cluster": "test",
    "request_id": "r",
    "job_id": "web",
    "requested_at": "2026-11-23T11:00:00Z",
}
WHOLE: dict[str, dict[str, Any]] = {
    "request": {"job_id": "web"},
    "close_message": MESSAGE,
    "owner_settings": {},
}
# A field that needs another one, which is the subject of a test of its own.
BESIDE = {"despite_halt": {"only_if_idle": True}}


def fields(name: str) -> list[str]:
    """Return the fields of a schema that are read, and one that it does not have."""
    read_ones = schema(name)["properties"].keys() - {"parked_reason"}
    return sorted(read_ones | {"surprise"})


def has_fraction(value: object) -> bool:
    """Return whether a whole number is written with a fraction."""
    return isinstance(value, float) and value.is_integer()


def is_hidden(value: object) -> bool:
    """Return whether a text has a character that cannot be printed."""
    return isinstance(value, str) and not tidy(value).isprintable()


def is_no_time(value: object) -> bool:
    """Return whether a time is not in the calendar, or too near to its ends."""
    try:
        moment(tidy(str(value)))
    except ValueError:
        return tidy(str(value))[8:10] in ("29", "30", "31") or is_at_an_end(value)
    return False


def is_at_an_end(value: object) -> bool:
    """Return whether a time is in the year 0, or may be beyond the calendar in UTC."""
    return tidy(str(value))[:4] in ("0000", "0001", "9999")


def is_to_come(value: object) -> bool:
    """Return whether a time has not passed, or is none."""
    return is_no_time(value) or moment(tidy(str(value))) > NOW + CLOCKS_APART


def is_over_a_century(value: object) -> bool:
    """Return whether a time value is too long to be added to a date."""
    with pytest.raises(ValueError, match="expected at most 36500d"):
        duration(tidy(str(value)))
    return True


def breaks_inside(value: Any) -> bool:
    """Return whether a part of the evidence breaks a rule of its own."""
    times = ("last_activity", "open_start")
    return any(is_no_time(v) if k in times else is_hidden(v) for k, v in value.items())


# The rules that a schema leaves out, by the fields that have them.
UNSAID: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("version", "expected_jobs"), has_fraction),
    **dict.fromkeys(("reason", "requested_by", "sent_by"), is_hidden),
    **dict.fromkeys(("request_id", "cluster"), is_hidden),
    **dict.fromkeys(("requested_at", "sent_at", "posted_at"), is_to_come),
    **dict.fromkeys(("handed_at", "closing_seen_at"), is_to_come),
    **dict.fromkeys(("timeout", "idle_after"), is_over_a_century),
    "keep_open_until": is_no_time,
    "evidence": breaks_inside,
}
EVERY_FIELD = [(name, field) for name in WHOLE for field in fields(name)]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "field"), EVERY_FIELD)
@given(data=st.data())
def test_a_field_is_accepted_if_it_is_read(
    name: str, field: str, data: st.DataObject
) -> None:
    """For each value of each field, product and schema say the same."""
    own = VALUES.get(field, TEXT)
    value = data.draw(data.draw(st.sampled_from([own, own, JSON])))
    whole = WHOLE[name] | BESIDE.get(field, {}) | {field: value}
    wrong = wrongs(name, whole)

    if read(name, whole):
        assert wrong == []
    elif not wrong:
        assert field in UNSAID
        assert UNSAID[field](value)


EDGES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "the longest timeout": ("request", {"timeout": "24h"}, True),
    "a timeout of minutes": ("request", {"timeout": "1440m"}, True),
    "an hour too much": ("request", {"timeout": "25h"}, False),
    "a minute too much": ("request", {"timeout": "1441m"}, False),
    "a second too much": ("request", {"timeout": "86401s"}, False),
    "a millisecond too much": ("request", {"timeout": "86400001ms"}, False),
    "a microsecond too much": ("request", {"timeout": "86400000001micros"}, False),
    "a day": ("request", {"timeout": " 01d\n"}, True),
    "two days": ("request", {"timeout": "2d"}, False),
    "two days in a close message": ("close_message", {"timeout": "2d"}, True),
    "the longest reason": ("request", {"reason": " " + "x" * 256}, True),
    "a longer reason": ("request", {"reason": "x" * 257}, False),
    "a line end within a reason": ("request", {"reason": "x\nx"}, False),
    "no request_id": ("request", {"request_id": "\ufeff "}, False),
    "the longest id": ("request", {"job_id": "x" * 64}, True),
    "a longer id": ("request", {"job_id": "x" * 65}, False),
    "the longest expression": ("request", {"job_id": "a".ljust(4096, ",")}, True),
    "a longer expression": ("request", {"job_id": "a".ljust(4097, ",")}, False),
    "an id with blanks": ("request", {"job_id": " \ufeffweb\n, "}, True),
    "an id with a line end": ("close_message", {"job_id": "web\n"}, False),
    "two ids": ("close_message", {"job_id": "web,mail"}, False),
    "no id": ("request", {"job_id": " , "}, False),
    "_all in a list": ("request", {"job_id": "_all,a", "only_if_idle": True}, False),
    "a newer version": ("close_message", {"version": 2}, False),
    "the mode paused": ("close_message", {"mode": "paused"}, False),
    "an unknown field": ("request", {"jobid": "web"}, False),
    "an unknown field of a message": ("close_message", {"surprise": 1}, True),
    "an owner's line end": ("owner_settings", {"idle_after": "14d\n"}, False),
    "an owner's longest name": ("owner_settings", {"owner": "x" * 100}, True),
    "an owner's longer name": ("owner_settings", {"owner": "x" * 101}, False),
    "nothing set": ("owner_settings", {}, True),
}


@pytest.mark.parametrize(("name", "change", "fine"), EDGES.values(), ids=EDGES)
def test_product_and_schema_have_the_same_edges(
    name: str, change: dict[str, Any], fine: bool
) -> None:
    """What is just within a limit is accepted by both, and what is beyond by none."""
    whole = WHOLE[name] | change

    assert (fine, fine) == (read(name, whole), wrongs(name, whole) == [])


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [None, True, 1, "web", [], [{"job_id": "web"}]])
def test_only_an_object_is_accepted(name: str, value: object) -> None:
    """Both refuse all else."""
    assert not read(name, value)
    assert wrongs(name, value)


@pytest.mark.parametrize("field", MESSAGE)
def test_a_close_message_needs_its_marks(field: str) -> None:
    """Without one of them it is no close message, to either."""
    less = {name: value for name, value in MESSAGE.items() if name != field}

    assert not read("close_message", less)
    assert wrongs("close_message", less)


COMBINED = st.fixed_dictionaries(
    {"job_id": EXPRESSIONS},
    optional={
        "only_if_idle": st.booleans(),
        "despite_halt": st.booleans(),
        "expected_jobs": st.just(2),
        "force": st.booleans(),
    },
)


@pytest.mark.slow
@settings(max_examples=300)
@given(COMBINED)
def test_fields_are_accepted_together_if_they_are_read(body: dict[str, Any]) -> None:
    """What one field asks of another, the schema asks, too."""
    assert read("request", body) == (wrongs("request", body) == [])


COMBINATIONS: dict[str, tuple[dict[str, Any], bool]] = {
    "one id": ({"job_id": "web"}, True),
    "an id that ends in _all": ({"job_id": "web_all"}, True),
    "a wildcard": ({"job_id": "web-*"}, False),
    "a wildcard that says so": ({"job_id": "web-*", "only_if_idle": False}, True),
    "a list": ({"job_id": "web, mail"}, False),
    "a list of one": ({"job_id": "web,,"}, True),
    "every job": ({"job_id": "*", "only_if_idle": False}, False),
    "every job, among others": ({"job_id": "web,**", "only_if_idle": False}, False),
    "every job that is idle": ({"job_id": " _all", "only_if_idle": True}, True),
    "every job, counted": ({"job_id": "_all", "expected_jobs": 34}, True),
    "idle jobs, counted": (
        {"job_id": "*", "expected_jobs": 34, "only_if_idle": True},
        False,
    ),
    "held jobs": ({"job_id": "web", "despite_halt": True}, False),
    "held jobs that are idle": (
        {"job_id": "web", "despite_halt": True, "only_if_idle": True},
        True,
    ),
    "no held jobs": ({"job_id": "web", "despite_halt": False}, True),
}


@pytest.mark.parametrize(("body", "fine"), COMBINATIONS.values(), ids=COMBINATIONS)
def test_product_and_schema_combine_alike(body: dict[str, Any], fine: bool) -> None:
    """Each rule between fields, kept and broken."""
    assert (fine, fine) == (read("request", body), wrongs("request", body) == [])


@pytest.mark.slow
@given(MESSAGES, TEXTS, st.booleans())
def test_whatever_is_written_is_accepted(
    message: CloseMessage, parked_reason: str, put_back: bool
) -> None:
    """Every message, parked or put back, and without a field that is not described."""
    parked = replace(message, parked_reason=parked_reason)
    body = json.loads(parked.to_json(put_back=put_back))

    assert wrongs("close_message", body) == []
    assert body.keys() <= schema("close_message")["properties"].keys()


OUTCOMES = st.builds(
    Outcome,
    ended=st.sampled_from(Ended),
    reason=st.sampled_from(Reason),
    job_id=JOB_IDS,
    terms=MESSAGES,
    detail=TEXTS,
    owner=TEXTS,
    memory_bytes=st.integers(0, 2**40),
    finished=st.none() | PAST,
)


@pytest.mark.slow
@given(OUTCOMES)
def test_whatever_is_logged_is_accepted(outcome: Outcome) -> None:
    """Every outcome, and without a field that is not described."""
    line = outcome.in_plain_values()

    assert wrongs("outcome", line) == []
    assert line.keys() <= schema("outcome")["properties"].keys()
