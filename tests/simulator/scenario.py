"""The demo's day: one job for each row of the policy, and how each has to end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.cluster import Cluster
from simulator.runner import Runner

START = datetime(2026, 3, 1, 23, 55, tzinfo=UTC)
SWEEP = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
END = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)

# One sweep at midnight, so that the table tells of one; patience for half a day.
PARAMETERS = {
    "SweepEveryHours": "24",
    "ParkAfter": "12h",
    "KeepPatterns": "prod-*",
}


@dataclass(frozen=True)
class Row:
    """A job of the scenario: how it stands, and what has to become of it.

    `verdict` is the action and the reason of the sweep, `outcome` the end and its
    reason, empty where a sweep leaves the job alone; `state` is its state at the end.
    """

    job_id: str
    verdict: str
    outcome: str
    state: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, object] = field(default_factory=dict)
    about: str = ""


def ago(**span: float) -> datetime:
    """Return the time that lies this long before the sweep."""
    return SWEEP - timedelta(**span)


def _row(job_id: str, ends: str, about: str = "", **fields: Any) -> Row:
    """Read `verdict > outcome > state`, the outcome left out where there is none."""
    verdict, *outcome, state = (part.strip() for part in ends.split(">"))
    request = fields.pop("request", {})
    return Row(job_id, verdict, "".join(outcome), state, fields, request, about)


MINUTE = timedelta(minutes=1)
BUSY: dict[str, Any] = {"last_data": ago(minutes=2), "datafeed": "started"}

ROWS = [
    _row(
        "web-latency",
        "close idle_datafeed_stopped > closed idle_datafeed_stopped > closed",
        "closed at the first look",
        memory="2gb",
    ),
    _row(
        "search-volume",
        "close idle_datafeed_stopped > closed idle_datafeed_stopped > closed",
        "a slow close, seen through over several looks",
        memory="6gb",
        close_takes=11 * MINUTE,
    ),
    _row(
        "checkout-errors",
        "close idle_datafeed_stopped > skipped active > opened",
        "gets data between the sweep and its close",
    ),
    _row(
        "cdn-traffic",
        "close idle_datafeed_stopped > force_closed failed > closed",
        "fails while it closes, is handed over and forced",
        close_takes=2 * MINUTE,
        close_ends="failed",
    ),
    _row(
        "mail-queue",
        "close idle_datafeed_stopped > force_closed still_closing > closed",
        "hangs in closing, forced ForceAfter after it was seen so",
        close_ends="hangs",
    ),
    _row(
        "legacy-sales",
        "close idle_datafeed_stopped > skipped could_not_close > closing",
        "hangs, and even the force is refused",
        close_ends="hangs",
        force_works=False,
    ),
    _row(
        "trial-import",
        "close idle_never_fed > closed idle_never_fed > closed",
        "opened three weeks ago and never fed",
        last_data=None,
    ),
    _row(
        "weekly-upload",
        "report idle_no_datafeed > opened",
        "no datafeed: its poster may come weekly",
        datafeed=None,
    ),
    _row(
        "door-sensor",
        "report idle_datafeed_dry > opened",
        "its datafeed runs and finds nothing: silence may be the signal",
        datafeed="started",
        functions=("low_count",),
    ),
    _row("api-requests", "keep active > opened", "in use", **BUSY),
    _row(
        "fresh-start",
        "keep reopen_grace > opened",
        "opened this morning",
        opened=ago(hours=15),
    ),
    _row(
        "reindex-2019",
        "keep lookback_running > opened",
        "reads the past, quietly",
        datafeed="started",
        real_time_running=False,
    ),
    _row(
        "disk-forecast",
        "keep forecast_running > opened",
        "closing would end its forecast",
        forecast=True,
    ),
    _row(
        "waiting-room",
        "keep opening > opening",
        "no node has room for it",
        state="opening",
        assigned=False,
    ),
    _row(
        "night-batch",
        "watch closing > skipped already_closed > closed",
        "somebody else closes it just now",
        state="closing",
        close_takes=20 * MINUTE,
    ),
    _row("old-crash", "report failed > failed", "failed last week", state="failed"),
    _row(
        "archived",
        "keep already_closed > closed",
        "closed already",
        state="closed",
        finished=ago(days=3),
    ),
    _row(
        "lost-node",
        "keep unknown > opened",
        "opened, but no node says so",
        assigned=False,
    ),
    _row(
        "ghost-task",
        "report orphan > opened",
        "a task without a configuration",
        config=False,
    ),
    _row("being-reset", "keep blocked > opened", "reset just now", blocked="reset"),
    _row("being-deleted", "keep deleting > opened", "on its way out", deleting=True),
    _row(
        "apm-transactions",
        "keep managed > opened",
        "installed by an Elastic app",
        custom_settings={"managed": True, "created_by": "ml-module-apm"},
    ),
    _row(
        "fraud-cards",
        "keep kept_by_owner > opened",
        "in the group idle-closer-keep",
        groups=("fraud", "idle-closer-keep"),
    ),
    _row(
        "prod-orders",
        "keep kept_by_owner > opened",
        "matched by the operator's KeepPatterns",
    ),
    _row(
        "audit-trail",
        "keep kept_by_owner > opened",
        "its settings say never",
        custom_settings={"idle_closer": {"mode": "never", "owner": "audit"}},
    ),
    _row(
        "black-friday",
        "keep kept_by_owner > opened",
        "kept until a date",
        custom_settings={"idle_closer": {"keep_open_until": "2026-11-30T00:00:00Z"}},
    ),
    _row(
        "typo-settings",
        "keep kept_by_owner > opened",
        "settings that nobody can read mean never",
        custom_settings={"idle_closer": {"idle_after": "two weeks"}},
    ),
    _row(
        "tell-me-only",
        "report idle_datafeed_stopped > opened",
        "its owner wants to be told, not closed",
        custom_settings={"idle_closer": {"mode": "notify", "owner": "team-x"}},
    ),
    _row(
        "old-payments",
        "keep active > closed requested > closed",
        "a person asks for a running job: its datafeed is stopped first",
        **BUSY,
        memory="4gb",
        close_takes=MINUTE,
        request={"reason": "moved to the new index", "requested_by": "ann"},
    ),
    _row(
        "stubborn-feed",
        "keep active > force_closed datafeed_would_not_stop > closed",
        "a person asks, but the datafeed will not stop",
        **BUSY,
        datafeed_stops=False,
        request={"reason": "runs twice", "requested_by": "bob"},
    ),
    _row(
        "haunted-job",
        "keep active > parked server_error > opened",
        "a person orders force, and the cluster fails each time",
        **BUSY,
        force_works=False,
        request={"force": True, "reason": "broken", "requested_by": "eve"},
    ),
]


def build() -> Cluster:
    """Return the scenario's cluster."""
    cluster = Cluster()
    quiet: dict[str, Any] = {
        "state": "opened",
        "created": ago(days=200),
        "opened": ago(days=21),
        "last_data": ago(days=20),
        "datafeed": "stopped",
    }
    for row in ROWS:
        cluster.add_job(row.job_id, now=START, **(quiet | dict(row.fields)))
    return cluster


def direct(runner: Runner) -> dict[str, str]:
    """Plan what people and data do that day; return the id of each job's request."""
    asked: dict[str, str] = {}

    def ask() -> None:
        for row in ROWS:
            if row.request:
                # An id of our own: the spread of the looks is seeded with it.
                asked[row.job_id] = request_id = f"ask-{row.job_id}"
                runner.request(job_id=row.job_id, request_id=request_id, **row.request)

    def feed(line: dict[str, Any]) -> None:
        # The Sweeper has just said its verdict; the Closer has not read the job yet.
        if line["message"] == "verdict" and line["job_id"] == "checkout-errors":
            runner.cluster.give_data("checkout-errors", runner.now)

    runner.plan(SWEEP + 5 * MINUTE, ask)
    runner.on_line.append(feed)
    return asked
