"""The demo's acts: the day, and three sweeps of their own on other stacks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local import scenario
from local.scenario import BUSY, MINUTE, SWEEP, Row, ago, job
from local.schedule import DAILY
from standin.cluster import Cluster, Fault

if TYPE_CHECKING:
    # The runner needs moto, which the first lines of the demo need not wait for.
    from local.runner import Runner


@dataclass(frozen=True)
class Act:
    """A stack, its jobs and what has to become of them."""

    title: str
    rows: Sequence[Row]
    parameters: Mapping[str, str]
    build: Callable[[], Cluster]
    direct: Callable[["Runner"], None]
    end: datetime


SWITCHED = [
    job(
        "old-crash",
        "force failed > force_closed failed > closed",
        "ForceFailed",
        state="failed",
    ),
    job(
        "weekly-upload",
        "close idle_no_datafeed > closed idle_no_datafeed > closed",
        "CloseJobsWithoutDatafeed",
        datafeed=None,
    ),
    job(
        "door-sensor",
        "close idle_datafeed_dry > closed idle_datafeed_dry > closed",
        "CloseDryDatafeeds",
        datafeed="started",
    ),
    job(
        "door-counter",
        "report idle_datafeed_dry > opened",
        "but silence is data to a count",
        datafeed="started",
        functions=("low_count",),
    ),
    job(
        "door-opted-in",
        "close idle_datafeed_dry > closed idle_datafeed_dry > closed",
        "unless the job itself says auto",
        datafeed="started",
        functions=("low_count",),
        custom_settings={"idle_closer": {"mode": "auto"}},
    ),
    job(
        "apm-transactions",
        "close idle_datafeed_stopped > closed idle_datafeed_stopped > closed",
        "both keys open a managed job",
        custom_settings={"managed": True, "created_by": "ml-module-apm"},
    ),
    job(
        "apm-errors",
        "keep managed > opened",
        "named in neither",
        custom_settings={"managed": True},
    ),
    job(
        "runaway-import",
        "keep active > force_closed force_ordered > closed",
        "ForceOrders: a person orders to force a running job",
        **BUSY,
        request="ask-zoe",
    ),
]
UPGRADED = [
    job("quiet-one", "keep upgrade_mode > opened"),
    job("busy-one", "keep upgrade_mode > opened", **BUSY),
    job("waiting-one", "keep upgrade_mode > opening", state="opening", assigned=False),
]
HALTED = [
    job(
        f"shard-{n:02}",
        "close idle_datafeed_stopped > skipped sweep_halted > opened",
        last_data=ago(hours=50),
    )
    for n in range(12)
]


def _upgrading() -> Cluster:
    cluster = scenario.build(UPGRADED)
    cluster.upgrade_mode = True
    return cluster


def _order(runner: "Runner") -> None:
    """Let a person order force."""
    order = {"request_id": "ask-zoe", "job_id": "runaway-import", "force": True}
    runner.plan(SWEEP + 5 * MINUTE, lambda: runner.request(**order))


def _nothing(_runner: "Runner") -> None:
    """Let nobody do anything."""


_SOON = SWEEP + timedelta(hours=1)

ACTS = [
    Act(
        "A day: a sweep at midnight, five requests at 00:05",
        scenario.ROWS,
        scenario.PARAMETERS,
        scenario.build,
        scenario.direct,
        scenario.END,
    ),
    Act(
        "A sweep with every switch turned, an order to force at 00:05",
        SWITCHED,
        DAILY
        | {
            "ForceFailed": "true",
            "ForceOrders": "allowed",
            "CloseJobsWithoutDatafeed": "true",
            "CloseDryDatafeeds": "true",
            "IncludeManagedJobs": "true",
            "ManagedJobsAllowed": "apm-transactions",
        },
        lambda: scenario.build(SWITCHED),
        _order,
        _SOON,
    ),
    Act(
        "A sweep of a cluster in upgrade mode",
        UPGRADED,
        DAILY,
        _upgrading,
        _nothing,
        _SOON,
    ),
    Act(
        "A sweep after something made twelve jobs idle at once",
        HALTED,
        DAILY,
        lambda: scenario.build(HALTED),
        _nothing,
        _SOON,
    ),
]


# The first batch of the Closer: all is done, and nobody hears of it.
DIES = {("Closer", 1)}

# Where jobs are closed, two lose the answer to a close. They are named, since threads
# race to be the first: what a lost answer frees does not count as saved by us.
UNHEARD = "legacy-sales|cdn-traffic|weekly-upload|apm-transactions"


def faults() -> Iterable[Fault]:
    """Yield the faults of the disturbed day; none of them may change an end."""
    for start, minutes in ((6, 0.5), (12, 5), (200, 40)):
        gone = SWEEP + start * MINUTE
        yield Fault(".", kind="refuse", start=gone, until=gone + minutes * MINUTE)
    for start in (25, 360):
        busy = SWEEP + start * MINUTE
        until = busy + 4 * MINUTE
        yield Fault(".", kind="status", status=429, start=busy, until=until)
    # Answers that are lost, of closes and of reads: the effect is there all the same.
    lost = rf"/({UNHEARD})/_close\?timeout=30m$"
    yield Fault(lost, method="POST", kind="cut_after", times=2)
    yield Fault("/_stats", kind="cut_after", start=SWEEP + 8 * MINUTE, times=2)
