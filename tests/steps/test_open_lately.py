"""What a sweep remembers of the open jobs for the next one."""

import base64
import zlib
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest

from builders import NOW, ago
from idle_jobs.steps.open_lately import LARGEST, OpenLately, item_of, open_lately

FROM = ago(days=8)


def test_what_is_no_longer_open_is_remembered_with_the_time() -> None:
    """Somebody closed it since the last sweep, or it was deleted."""
    before = OpenLately(frozenset({"web", "shop"}))

    after = before.after({"shop", "new"}, NOW, FROM)

    assert OpenLately(frozenset({"shop", "new"}), {"web": NOW}) == after


@pytest.mark.parametrize(
    ("at", "open_now", "gone"),
    [
        (ago(days=1), set(), {"web"}),
        (FROM, set(), {"web"}),
        (ago(days=8, seconds=1), set(), set()),
        (ago(days=1), {"web"}, set()),
    ],
)
def test_what_is_gone_is_forgotten_when_it_no_longer_counts(
    at: datetime, open_now: set[str], gone: set[str]
) -> None:
    """Or when it is open again."""
    after = OpenLately(frozenset(), {"web": at}).after(open_now, NOW, FROM)

    assert gone == after.gone.keys()


def test_nothing_changes_while_the_same_jobs_are_open() -> None:
    """So most sweeps have nothing to write."""
    before = OpenLately(frozenset({"web"}), {"shop": ago(days=1)})

    assert before == before.after(["web"], NOW, FROM)


def test_an_item_says_again_what_was_written() -> None:
    """To the microsecond."""
    lately = OpenLately(frozenset({"web", "shop"}), {"old": ago(microseconds=1)})
    item = item_of("test", lately, NOW)

    assert item is not None
    assert {"cluster", "closed", "noted_at", "jobs"} == item.keys()
    assert lately == open_lately(item)


def test_ten_thousand_jobs_fit_into_an_item() -> None:
    """Their ids are as random as ids can be."""
    ids = {sha256(str(n).encode()).hexdigest()[:16] for n in range(10_000)}
    item = item_of("test", OpenLately(frozenset(ids)), NOW)

    assert item is not None
    assert len(str(item["jobs"])) < LARGEST / 2


def test_what_dynamodb_would_not_take_is_not_written() -> None:
    """The sweeps then read all jobs, as the first one does."""
    ids = {sha256(str(n).encode()).hexdigest() for n in range(20_000)}

    assert item_of("test", OpenLately(frozenset(ids)), NOW) is None


def packed(text: str) -> str:
    """Return a text as an item has it."""
    return base64.b64encode(zlib.compress(text.encode())).decode()


@pytest.mark.parametrize(
    "item",
    [
        None,
        {},
        {"jobs": ""},
        {"jobs": 7},
        {"jobs": "ä"},
        {"jobs": "abc"},
        {"jobs": base64.b64encode(b"no zlib").decode()},
        {"jobs": packed("no json")},
        {"jobs": packed("[]")},
        {"jobs": packed('{"open": []}')},
        {"jobs": packed('{"open": 7, "gone": {}}')},
        {"jobs": packed('{"open": [], "gone": []}')},
        {"jobs": packed('{"open": [], "gone": {"web": "noon"}}')},
    ],
)
def test_what_cannot_be_read_counts_as_nothing(item: Any) -> None:
    """The sweep reads all jobs, and writes anew."""
    assert open_lately(item) is None
