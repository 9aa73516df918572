"""Bodies that anybody may have written: each refusal names what is wrong."""

import json
from datetime import datetime, timedelta

import pytest

from builders import NOW, ago
from idle_jobs.messages.readers import (
    BadBody,
    Reader,
    choice,
    flag,
    name,
    one_job_id,
    parse_object,
    past_moment,
    read_fields,
    text,
    time_value,
)
from idle_jobs.messages.terms import Mode
from idle_jobs.reasons import Reason

JOB_ID = (
    "expected one job id (1 to 64 of a-z 0-9 _ - . that begin and end with a letter or "
    "digit)"
)
UNREADABLE = {
    "nothing": "",
    "blanks": "  \n",
    "words": "close web please",
    "half an object": '{"job_id": "we',
    "an object and more": '{"job_id": "web"} {}',
    "single quotes": "{'job_id': 'web'}",
    "a byte order mark alone": "\ufeff",
    "a byte order mark within": '{\ufeff"job_id": "web"}',
    "a list": '["web"]',
    "a text": '"web"',
    "a number": "5",
    "null": "null",
    "not a number": '{"job_id": NaN}',
    "no end of a number": '{"job_id": -Infinity}',
    "a number of 5,000 digits": '{"job_id": ' + "9" * 5_000 + "}",
    "a page of a proxy": "<html><body>502 Bad Gateway</body></html>",
    "a list in a list in a list …": "[" * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_object_is_unreadable(body: str) -> None:
    """Only a JSON object is a body; anything else is `unreadable`, in few words."""
    with pytest.raises(BadBody, match=r"^body: expected a JSON object") as refused:
        parse_object(body)

    assert Reason.UNREADABLE is refused.value.reason
    assert len(str(refused.value)) < 200


def test_an_object_is_read() -> None:
    """An object is read as it is."""
    assert {"job_id": "web", "force": True} == parse_object(
        '{"job_id": "web", "force": true}'
    )


@pytest.mark.parametrize(
    "body",
    [
        '\ufeff{"job_id": "web", "force": true}',
        '\r\n {"job_id": "web", "force": true}\u00a0\r\n',
    ],
    ids=["a byte order mark", "blanks of a page"],
)
def test_what_stands_around_a_body_is_no_part_of_it(body: str) -> None:
    """Editors and consoles add it, and nobody sees it."""
    assert {"job_id": "web", "force": True} == parse_object(body)


READS: dict[str, tuple[Reader, object, object]] = {
    "true": (flag, True, True),
    "false": (flag, False, False),
    "a text": (text, "Ann's request", "Ann's request"),
    "an empty text": (text, "", ""),
    "a text of another script": (text, "größer", "größer"),
    "a text of 256": (text, "x" * 256, "x" * 256),
    "a name": (name, "prod", "prod"),
    "a text with blanks around": (text, " moved to b\n", "moved to b"),
    "a name with a line end": (name, "ann-1\r\n", "ann-1"),
    "a time value with blanks around": (time_value, " 30m ", "30m"),
    "a time value, as it is written": (time_value, "90s", "90s"),
    "a job id": (one_job_id, "web", "web"),
    "a job id of one letter": (one_job_id, "w", "w"),
    "a job id with marks": (one_job_id, "w.e-b_1", "w.e-b_1"),
    "a job id of 64": (one_job_id, "x" * 64, "x" * 64),
    "a choice": (choice(Mode), "observe", Mode.OBSERVE),
}


@pytest.mark.parametrize(("read", "value", "expected"), READS.values(), ids=READS)
def test_right_values_are_read(read: Reader, value: object, expected: object) -> None:
    """A value as it should be is returned as it is."""
    assert expected == read(value)


REFUSED: dict[str, tuple[Reader, object, str]] = {
    "a flag in words": (flag, "true", "expected true or false, got 'true'"),
    "a flag as a number": (flag, 1, "expected true or false, got 1"),
    "no flag": (flag, None, "expected true or false, got None"),
    "a text of 257": (text, "x" * 257, "expected up to 256 printable characters"),
    "a text of two lines": (
        text,
        "a\nb",
        r"expected up to 256 printable characters, got 'a\nb'",
    ),
    "half a character": (text, "\ud800", "expected up to 256 printable characters"),
    "a text as a number": (text, 5, "expected up to 256 printable characters, got 5"),
    "a name of blanks": (name, " \t", "expected 1 to 256 printable characters, got ''"),
    "no name": (name, "", "expected 1 to 256 printable characters, got ''"),
    "a name as a number": (name, 5, "expected up to 256 printable characters, got 5"),
    "a time value as a number": (
        time_value,
        30,
        "expected a time value such as 30m, 48h or 7d, got 30",
    ),
    "a blank job id": (one_job_id, " ", f"{JOB_ID}, got ' '"),
    "no job id": (one_job_id, "", f"{JOB_ID}, got ''"),
    "every job": (one_job_id, "*", f"{JOB_ID}, got '*'"),
    "every job, in words": (one_job_id, "_all", f"{JOB_ID}, got '_all'"),
    "a list of job ids": (one_job_id, "a,b", f"{JOB_ID}, got 'a,b'"),
    "a job id of 65": (one_job_id, "x" * 65, JOB_ID),
    "a job id in capitals": (one_job_id, "Web", f"{JOB_ID}, got 'Web'"),
    "a job id with a path": (one_job_id, "a/b", f"{JOB_ID}, got 'a/b'"),
    "a job id with a hidden path": (one_job_id, "a%2Fb", f"{JOB_ID}, got 'a%2Fb'"),
    "a job id that climbs": (one_job_id, "..", f"{JOB_ID}, got '..'"),
    "a job id with a line end": (one_job_id, "web\n", rf"{JOB_ID}, got 'web\n'"),
    "a job id of another script": (one_job_id, "wéb", f"{JOB_ID}, got 'wéb'"),
    "a job id as a list": (one_job_id, ["web"], f"{JOB_ID}, got ['web']"),
    "no choice": (
        choice(Mode),
        "force",
        "expected one of paused, observe, close, got 'force'",
    ),
    "a choice in capitals": (choice(Mode), "CLOSE", "expected one of paused"),
    "a choice as a list": (choice(Mode), ["close"], "expected one of paused"),
}


@pytest.mark.parametrize(("read", "value", "why"), REFUSED.values(), ids=REFUSED)
def test_wrong_values_are_refused(read: Reader, value: object, why: str) -> None:
    """A value that is not as it should be is refused with what was expected."""
    with pytest.raises(ValueError, match=r"^expected") as refused:
        read(value)

    assert why == str(refused.value)[: len(why)]


PAST: dict[str, tuple[str, datetime]] = {
    "an hour ago": ("2026-11-23T11:00:00Z", ago(hours=1)),
    "now": ("2026-11-23T12:00:00Z", NOW),
    "five seconds ahead are now": ("2026-11-23T12:00:05Z", NOW),
}


@pytest.mark.parametrize(("written", "expected"), PAST.values(), ids=PAST)
def test_past_times_are_read(written: str, expected: datetime) -> None:
    """Two clocks are never quite the same: five seconds are forgiven (F11)."""
    assert expected == past_moment(NOW)(written)


def test_the_future_is_refused() -> None:
    """A time that has not come cannot be when something was seen."""
    ahead = (NOW + timedelta(seconds=6)).isoformat()

    with pytest.raises(
        ValueError, match=r"a time that has passed at 2026.*, got '2026"
    ):
        past_moment(NOW)(ahead)


def test_only_the_fields_that_are_there_are_read() -> None:
    """Fields that are absent keep their defaults, fields unknown here are ignored."""
    readers = {"force": flag, "reason": text}

    assert {"force": True} == read_fields({"force": True, "colour": "red"}, readers)


def test_a_refused_field_is_named() -> None:
    """Whoever wrote the body is told which field to mend."""
    body = json.loads('{"force": "yes"}')

    with pytest.raises(BadBody, match=r"^force: expected true or false") as refused:
        read_fields(body, {"force": flag})

    assert Reason.BAD_REQUEST is refused.value.reason
