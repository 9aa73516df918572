"""The check of a simulated schedule: what people are promised beside safety."""

from datetime import timedelta
from typing import Any

import pytest

from simulation.history import Key, Owned, Rang, Turned
from simulation.tale import JOB, NOON, WHOLE, Tale, idle_tale, kinds

LIVE = [("I2", "live_closed")]
HOUR = timedelta(hours=1)


def owned(tale: Tale, at: float, **word: Any) -> Tale:
    """Let the job's owner say something."""
    tale.add(Owned, at, job_id="a", **word)
    return tale


@pytest.mark.parametrize(
    ("word", "idle", "person"),
    [
        ({"mode": "never"}, LIVE, LIVE),
        ({"mode": "notify"}, LIVE, []),
        ({"mode": "auto"}, [], []),
        ({"idle_after": timedelta(days=40)}, LIVE, []),
        ({"idle_after": timedelta(days=10)}, [], []),
        ({"keep_open_until": NOON + HOUR}, LIVE, LIVE),
        ({"keep_open_until": NOON - HOUR}, LIVE, []),
        ({"keep_open_until": NOON - 99 * HOUR}, [], []),
    ],
    ids=str,
)
def test_every_word_of_an_owner_counts(
    word: dict[str, Any], idle: list[object], person: list[object]
) -> None:
    """Protection holds for everybody, and how long to wait where nobody insists."""
    for tale, found in ((idle_tale(), idle), (Tale(), person)):
        assert kinds(owned(tale, -3_600, **word).sweep().close().check()) == found


def test_an_owners_word_counts_once_it_could_be_known() -> None:
    """What was said within the last minute is no reproach, and what was unsaid none."""
    just, unsaid = owned(idle_tale(), -30, mode="never"), idle_tale()
    owned(owned(unsaid, -7_200, mode="never"), -3_600)

    assert kinds(just.sweep().close().check()) == []
    assert kinds(unsaid.sweep().close().check()) == []


@pytest.mark.parametrize(("at", "found"), [(-3_600, LIVE), (-30, [])])
def test_a_forecast_is_work(at: float, found: list[object]) -> None:
    """A job is not closed while a forecast of it runs."""
    tale = idle_tale()
    tale.lived(at, "forecast")

    assert kinds(tale.sweep().close().check()) == found


@pytest.mark.parametrize(("shut", "found"), [(True, []), (False, ["false_alarm"])])
def test_no_alarm_rings_for_an_open_door(shut: bool, found: list[str]) -> None:
    """That the cluster refuses us is told only while no key is let in."""
    tale = Tale().sweep().close()
    if shut:
        tale.add(Turned, -60, what="door", value="shut")
    tale.add(Rang, 11.5, invocation=2, metric="ClusterRefused")

    assert [problem.kind for problem in tale.check().problems] == found


@pytest.mark.parametrize(
    ("reason", "found"), [("active", 1), ("failed", 1), ("kept_by_owner", 0)]
)
def test_a_persons_request_is_not_dropped_in_silence(reason: str, found: int) -> None:
    """It ends skipped only where nothing is to be done, or its owner has the say."""
    tale, sweeps = Tale(), idle_tale()
    for each in (tale, sweeps):
        each.lived(-3_600, "protected")
        each.sweep().look(5, "skipped", reason)

    assert len(tale.check().kind("silent")) == found
    assert sweeps.check().kind("silent") == []


@pytest.mark.parametrize(("after", "found"), [("closing", 1), ("opened", 0)])
@pytest.mark.parametrize("reason", ["mode_is_observe", "could_not_close"])
def test_what_was_issued_is_not_given_up(after: str, found: int, reason: str) -> None:
    """Whoever has set a job closing does not tell that nothing came of it."""
    tale = idle_tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.post(11, number, "opened", after)
    tale.tell(12, number, "skipped", reason)
    given_up = [p for p in tale.check().kind("false") if "on its way" in p.what]

    assert len(given_up) == found


@pytest.mark.parametrize("times", [1, 2])
def test_a_message_is_parked_once(times: int) -> None:
    """One invocation puts it into ParkingQueue one time."""
    tale = Tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    for _ in range(times):
        tale.send(11, number, "ParkingQueue")
    tale.tell(12, number, "parked", "failed")

    assert len(tale.check().kind("repeated")) == times - 1


@pytest.mark.parametrize("copies", [1, 2])
def test_each_copy_of_a_message_may_be_parked(copies: int) -> None:
    """A death leaves two in ParkingQueue, and a redrive may bring both at once."""
    tale = Tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    for _ in range(copies - 1):
        tale.deliver(10, number, "CloseQueue")
    for _ in range(2):
        tale.send(11, number, "ParkingQueue")
    tale.tell(12, number, "parked", "failed")

    assert len(tale.check().kind("repeated")) == 2 - copies


@pytest.mark.parametrize(("jobs", "found"), [(100, 0), (101, 1)])
@pytest.mark.parametrize(
    "wish",
    [{"expression": "j*"}, {"only_if_idle": True}, {"expression": "j*", "expected": 1}],
)
def test_patterns_close_so_many_in_a_day(
    jobs: int, found: int, wish: dict[str, Any]
) -> None:
    """What persons' patterns and groups may close is limited over 24 h (R12)."""
    keys = [Key("r", f"j{n}") for n in range(jobs)]
    tale = Tale(jobs=[key.job_id for key in keys], **wish)
    for n, key in enumerate(keys):
        tale.send(2, tale.begin(n, "Sweeper", "RequestQueue", WHOLE), key=key)
    many = [p for p in tale.check().kind("too_many") if "in a day" in p.what]

    limited = "expression" in wish and "expected" not in wish
    assert len(many) == (found if limited else 0)


@pytest.mark.parametrize(("opened", "found"), [(5, 1), (-30 * 86_400, 0)])
def test_a_job_that_was_opened_since_did_not_fail_in_our_hands(
    opened: float, found: int
) -> None:
    """A sweep forces what failed after its own close, and nothing newer (R6)."""
    tale = idle_tale().sweep()
    number = tale.begin(1.5, "Closer", "CloseQueue")
    tale.post(2.5, number, "opened", "closing")
    tale.lived(3, "closed" if opened > 0 else "failed")
    if opened > 0:
        tale.lived(opened, "opened")
        tale.lived(500, "failed")
    tale.force(900, "failed")
    forced = tale.check().kind("needless_force")

    assert (JOB, found) == (tale.check() and JOB, len(forced))
