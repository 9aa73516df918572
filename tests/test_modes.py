"""The mode parameter, where it can be read and where not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from idle_jobs import aws
from idle_jobs.messages.terms import Mode, stricter
from idle_jobs.modes import (
    NOBODY,
    ModeSet,
    ModeUnreadable,
    last_set,
    read_mode,
    read_mode_set,
)
from stacks import forget

NAME = "/a-stack/mode"


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    """Return a client of a Parameter Store; the first of a process takes its time."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        boto3.setup_default_session()
        yield boto3.client("ssm")
    boto3.DEFAULT_SESSION = None


@pytest.fixture(autouse=True)
def ssm(store: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep a mode in the store, and read it as after a cold start."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    forget()
    store.put_parameter(Name=NAME, Value=" close\n", Type="String", Overwrite=True)
    yield
    forget()


def test_a_mode_is_one_of_three_words() -> None:
    """Blanks around it are forgiven."""
    assert read_mode(NAME) is Mode.CLOSE


def write(value: str) -> None:
    """Write a mode as an operator would."""
    boto3.client("ssm").put_parameter(
        Name=NAME, Value=value, Type="String", Overwrite=True
    )


@pytest.mark.parametrize("value", ["\ufeffclose", "close\r\n", "\u00a0close\t"])
def test_what_an_editor_adds_is_no_part_of_the_mode(value: str) -> None:
    """A byte order mark, a line end and blanks are not seen by whoever wrote it."""
    write(value)

    assert read_mode(NAME, fresh=True) is Mode.CLOSE


@pytest.mark.parametrize("value", ["CLOSE", '"close"', "close now", "\ufeff"])
def test_what_is_no_mode_is_told(value: str) -> None:
    """Nothing is guessed, and the alarm's log line shows what stands there."""
    write(value)

    with pytest.raises(ModeUnreadable, match="expected one of paused, observe, close"):
        read_mode(NAME, fresh=True)


def refuse(call: str, code: str) -> None:
    """Let the store of the functions refuse a call from now on."""
    error = {"Code": code, "Message": "not today"}
    answer = SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}
    client = aws.client("ssm")
    answers: Any = lambda **_: answer  # noqa: E731
    client.meta.events.register(f"before-call.ssm.{call}", answers)


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "AccessDeniedException", "InternalServerError"]
)
def test_a_store_that_refuses_is_unreadable(code: str) -> None:
    """A used up quota or a lost right must not look like a mode, such as `observe`."""
    refuse("GetParameter", code)

    with pytest.raises(ModeUnreadable, match=f"{code}.*not today"):
        read_mode(NAME)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_mode_that_was_never_set_is_observe(*, fresh: bool) -> None:
    """A new stack has no mode parameter: nothing is closed, and no alarm rings."""
    assert read_mode("/new-stack/mode", fresh=fresh) is Mode.OBSERVE


def test_a_mode_that_was_never_set_is_not_asked_for_again(store: Any) -> None:
    """It is up to 30 seconds old like any other; a fresh read sees the first one."""
    name = "/another-stack/mode"
    read_mode(name)
    store.put_parameter(Name=name, Value="close", Type="String")

    assert read_mode(name) is Mode.OBSERVE
    assert read_mode(name, fresh=True) is Mode.CLOSE


def test_a_fresh_read_asks_the_store() -> None:
    """A cached mode is up to 30 seconds old, too old to force by."""
    read_mode(NAME)
    boto3.client("ssm").put_parameter(
        Name=NAME, Value="paused", Type="String", Overwrite=True
    )

    assert (read_mode(NAME), read_mode(NAME, fresh=True)) == (Mode.CLOSE, Mode.PAUSED)


def test_when_and_by_whom_the_mode_was_written_is_known() -> None:
    """It tells for how long a pause lasts, and writing it anew starts it anew (R11)."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    written = read_mode_set(NAME)

    assert written.at
    assert before < written.at < datetime.now(UTC) + timedelta(seconds=2)
    assert written.by == "N/A"  # moto knows nobody.


def test_who_wrote_the_mode_is_nobody_where_it_was_never_set() -> None:
    """That is known, and no failure."""
    assert read_mode_set("/new-stack/mode") == ModeSet(None, NOBODY)


def test_who_wrote_the_mode_may_be_unknown() -> None:
    """A store that refuses stops nobody (R11)."""
    refuse("GetParameterHistory", "ThrottlingException")

    assert read_mode_set(NAME) == ModeSet()


class History:
    """A client of the Parameter Store with two pages of versions, in no order."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = [{"Parameters": page} for page in pages]

    def get_paginator(self, _operation: str) -> "History":
        """Return itself: it is its own paginator."""
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        """Return all pages."""
        return self.pages


def test_the_last_version_counts_on_whichever_page_it_is() -> None:
    """The history of AWS has up to 100 versions, 50 on a page."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    ann = {"Version": 51, "LastModifiedDate": at, "LastModifiedUser": "ann"}
    bob = {"Version": 50, "LastModifiedDate": at, "LastModifiedUser": "bob"}
    two_pages: Any = History([ann], [bob])
    no_version: Any = History([])

    assert last_set(two_pages, NAME) == ModeSet(at, "ann")
    assert last_set(no_version, NAME) == ModeSet()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Mode.CLOSE, Mode.OBSERVE, Mode.OBSERVE),
        (Mode.OBSERVE, Mode.PAUSED, Mode.PAUSED),
        (Mode.CLOSE, Mode.CLOSE, Mode.CLOSE),
    ],
)
def test_the_stricter_mode_rules(one: Mode, other: Mode, expected: Mode) -> None:
    """Of the mode a message was born in and the one that holds now."""
    assert stricter(one, other) is stricter(other, one) is expected
