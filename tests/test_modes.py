"""The mode parameter, where it can be read and where not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from idle_jobs import modes
from idle_jobs.messages.terms import Mode, stricter
from idle_jobs.modes import ModeUnreadable, mode_set_at, read_mode

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
    modes._store.cache_clear()  # noqa: SLF001
    store.put_parameter(Name=NAME, Value=" close\n", Type="String", Overwrite=True)
    yield
    modes._store.cache_clear()  # noqa: SLF001


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


def test_a_throttled_store_is_unreadable() -> None:
    """Somebody else uses the account's quota up: that must not look like a mode."""
    error = {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    answer = SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}
    client = modes._store().client  # noqa: SLF001
    throttle: Any = lambda **_: answer  # noqa: E731
    client.meta.events.register("before-call.ssm.GetParameter", throttle)

    with pytest.raises(ModeUnreadable, match="Rate exceeded"):
        read_mode(NAME)


def test_a_fresh_read_asks_the_store() -> None:
    """A cached mode is up to 30 seconds old, too old to force by."""
    read_mode(NAME)
    boto3.client("ssm").put_parameter(
        Name=NAME, Value="paused", Type="String", Overwrite=True
    )

    assert (read_mode(NAME), read_mode(NAME, fresh=True)) == (Mode.CLOSE, Mode.PAUSED)


def test_when_the_mode_was_written_is_known() -> None:
    """It tells for how long a pause lasts, and writing it anew starts it anew (R11)."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    written = mode_set_at(NAME)

    assert written
    assert before < written < datetime.now(UTC) + timedelta(seconds=2)


@pytest.mark.parametrize("name", ["/a-stack/other", NAME])
def test_when_it_was_written_may_be_unknown(name: str) -> None:
    """A store that refuses, or lacks it, stops nobody (R11)."""
    error = {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    answer = SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}
    client = modes._store().client  # noqa: SLF001
    if name == NAME:
        throttle: Any = lambda **_: answer  # noqa: E731
        client.meta.events.register("before-call.ssm.GetParameter", throttle)

    assert mode_set_at(name) is None


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
