"""The check of a simulated schedule: no force without evidence (I3)."""

from typing import Any

import pytest

from idle_jobs.policy.rules import Rules
from simulation.tale import Tale, kinds

NEEDLESS = [("I3", "needless_force")]


@pytest.mark.parametrize(
    ("state", "since", "found"),
    [
        ("failed", 9_000, []),
        ("closing", 0, []),
        ("closing", 5_000, NEEDLESS),
        ("opened", -99_999, NEEDLESS),
    ],
)
def test_a_force_needs_evidence(
    state: str, since: int, found: list[tuple[str, str]]
) -> None:
    """Failed, or closing for two hours on end: anything less is needless."""
    tale = Tale().sweep()
    tale.lived(since, state)

    assert kinds(tale.force(10_000, state).check()) == found


def test_a_reopened_job_begins_to_close_anew() -> None:
    """The age of the request is no evidence: the closing must go on without a break."""
    tale = Tale().sweep()
    for at, state in ((1, "closing"), (4, "opened"), (9_000, "closing")):
        tale.lived(at, state)

    assert kinds(tale.force(10_000, "closing").check()) == NEEDLESS


@pytest.mark.parametrize(
    ("wish", "at", "found"),
    [
        ({"force": True}, 10, False),
        ({"force": True, "only_if_idle": True}, 10, True),
        ({"force": True, "expression": "a*"}, 10, True),
        ({"force": True}, 90_000, True),
    ],
    ids=["ordered", "only if idle", "pattern", "expired"],
)
def test_an_order_names_one_job_and_does_not_expire(
    wish: dict[str, Any], at: int, found: bool
) -> None:
    """Only for one exact id, and only for a day, is `force` an order."""
    tale = Tale(**wish).sweep()
    tale.rules = Rules(force_orders="allowed")
    findings = tale.force(at, "opened").check()

    assert bool(findings.needless_force) == found


@pytest.mark.parametrize(
    ("since", "found"), [(-50, []), (5, NEEDLESS)], ids=["before", "since"]
)
def test_an_order_alone_forces_what_was_closing_before_it(
    since: int, found: list[tuple[str, str]]
) -> None:
    """A job that closes since the order has to be given its time (R13)."""
    tale = Tale(force=True)
    tale.lived(since, "closing")

    assert kinds(tale.sweep().force(60, "closing").check()) == found
    assert kinds(Tale(force=True).sweep().force(60, "opened").check()) == NEEDLESS


def test_what_closes_since_the_order_is_no_older_for_a_hand_over() -> None:
    """It is the Sweeper's look that counts, not that of who hands a message on."""
    tale = Tale(force=True).sweep()
    tale.lived(5, "closing")
    tale.send(11, tale.begin(10, "Closer", "CloseQueue"), "ForceQueue")

    assert kinds(tale.force(60, "closing").check()) == NEEDLESS


@pytest.mark.parametrize(("since", "found"), [(-50, []), (3, NEEDLESS)])
def test_an_allowed_order_forces_what_was_opening_before_it(
    since: int, found: list[tuple[str, str]]
) -> None:
    """What the Sweeper saw in another state may have been opened since."""
    tale = Tale(force=True)
    tale.rules = Rules(force_orders="allowed")
    tale.lived(since, "opened")

    assert kinds(tale.sweep().force(60, "opening").check()) == found


@pytest.mark.parametrize(("handed", "found"), [(100, []), (9_000, NEEDLESS)])
def test_a_measured_try_counts_two_hours_after_the_hand_over(
    handed: int, found: list[tuple[str, str]]
) -> None:
    """A datafeed that would not stop is evidence only late enough."""
    tale = Tale().sweep()
    tale.send(handed + 1, tale.begin(handed, "Closer", "CloseQueue"), "ForceQueue")
    number = tale.begin(9_999, "ForceCloser", "ForceQueue")
    tale.post(9_999, number, "opened", "opened", answer=409, measured_409=True)

    assert kinds(tale.force(10_000, "opened").check()) == found


def test_only_the_force_closer_forces() -> None:
    """No evidence lets the Closer force."""
    tale = Tale(force=True).sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", "closed", force=True)
    tale.tell(12, number, "force_closed")

    assert kinds(tale.check()) == NEEDLESS
