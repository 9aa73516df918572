"""The demo's day: one job for each row of the policy, and how each has to end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local.schedule import DAILY
from standin.cluster import Cluster, Fault

if TYPE_CHECKING:
    # The runner needs moto, which `make cluster` need not wait for.
    from local.runner import Runner

START = datetime(2026, 3, 1, 23, 55, tzinfo=UTC)
SWEEP = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
END = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)

PARAMETERS = {**DAILY, "KeepPatterns": "prod-*"}


@dataclass(frozen=True)
class Row:
    """A job of the scenario: how it stands, and what has to become of it.

    `verdict` is the action and the reason of the sweep, `outcome` the end and its
    reason, empty where a sweep leaves the job alone; `state` is its state at the end,
    `request` the id of the request that names it.
    """

    job_id: str
    verdict: str
    outcome: str
    state: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    request: str = ""
    about: str = ""


def ago(**span: float) -> datetime:
    """Return the time that lies this long before the sweep."""
    return SWEEP - timedelta(**span)


def job(job_id: str, ends: str, about: str = "", **fields: Any) -> Row:
    """Read `verdict > outcome > state`, the outcome left out where there is none."""
    verdict, *outcome, state = (part.strip() for part in ends.split(">"))
    request = fields.pop("request", "")
    return Row(job_id, verdict, "".join(outcome), state, fields, request, about)


MINUTE = timedelta(minutes=1)
BUSY: dict[str, Any] = {"last_data": ago(minutes=2), "datafeed": "started"}

ROWS = [
    job(
        "web-latency",
        "close idle_datafeed_stopped > closed idle_datafeed_stopped > closed",
        "closed at the first look",
        memory="2gb",
    ),
    job(
        "search-volume",
        "close idle_datafeed_stopped > closed idle_datafeed_stopped > closed",
        "a slow close, seen through over several looks",
        memory="6gb",
        close_takes=11 * MINUTE,
    ),
    job(
        "checkout-errors",
        "close idle_datafeed_stopped > skipped active > opened",
        "gets data between the sweep and its close",
    ),
    job(
        "cdn-traffic",
        "close idle_datafeed_stopped > force_closed failed > closed",
        "fails while it closes, is handed over and forced",
        close_takes=2 * MINUTE,
        close_ends="failed",
    ),
    job(
        "mail-queue",
        "close idle_datafeed_stopped > force_closed still_closing > closed",
        "hangs in closing, forced ForceAfter after it was seen so",
        close_ends="hangs",
    ),
    job(
        "legacy-sales",
        "close idle_datafeed_stopped > skipped could_not_close > closing",
        "hangs, and even the force is refused",
        close_ends="hangs",
        force_works=False,
    ),
    job(
        "trial-import",
        "close idle_never_fed > closed idle_never_fed > closed",
        "opened three weeks ago and never fed",
        last_data=None,
    ),
    job(
        "weekly-upload",
        "report idle_no_datafeed > opened",
        "no datafeed: its poster may come weekly",
        datafeed=None,
    ),
    job(
        "door-sensor",
        "report idle_datafeed_dry > opened",
        "its datafeed runs and finds nothing: silence may be the signal",
        datafeed="started",
        functions=("low_count",),
    ),
    job("api-requests", "keep active > opened", "in use", **BUSY),
    job(
        "fresh-start",
        "keep reopen_grace > opened",
        "opened this morning",
        opened=ago(hours=15),
        last_data=ago(days=10),
    ),
    job(
        "reindex-2019",
        "keep lookback_running > opened",
        "reads the past, quietly",
        datafeed="started",
        real_time_running=False,
        last_data=ago(days=10),
    ),
    job(
        "disk-forecast",
        "keep forecast_running > opened",
        "closing would end its forecast",
        forecast=True,
        last_data=ago(days=10),
    ),
    job(
        "waiting-room",
        "keep opening > opening",
        "no node has room for it",
        state="opening",
        assigned=False,
    ),
    job(
        "night-batch",
        "watch closing > skipped already_closed > closed",
        "somebody else closes it just now",
        state="closing",
        close_takes=20 * MINUTE,
    ),
    job("old-crash", "report failed > failed", "failed last week", state="failed"),
    job(
        "archived",
        "keep already_closed > closed",
        "closed already",
        state="closed",
        finished=ago(days=3),
    ),
    job(
        "lost-node",
        "keep unknown > opened",
        "opened, but no node says so",
        assigned=False,
    ),
    job(
        "ghost-task",
        "report task_without_job > opened",
        "a task without a configuration",
        config=False,
    ),
    job("being-reset", "keep blocked > opened", "reset just now", blocked="reset"),
    job("being-deleted", "keep deleting > opened", "on its way out", deleting=True),
    job(
        "apm-transactions",
        "keep managed > opened",
        "installed by an Elastic app",
        custom_settings={"managed": True, "created_by": "ml-module-apm"},
    ),
    job(
        "fraud-cards",
        "keep kept_by_owner > opened",
        "in the group idle-closer-keep",
        groups=("fraud", "idle-closer-keep"),
    ),
    job(
        "prod-orders",
        "keep kept_by_owner > opened",
        "matched by the operator's KeepPatterns",
    ),
    job(
        "audit-trail",
        "keep kept_by_owner > opened",
        "its settings say never",
        custom_settings={"idle_closer": {"mode": "never", "owner": "audit"}},
    ),
    job(
        "black-friday",
        "keep kept_by_owner > opened",
        "kept until a date",
        custom_settings={"idle_closer": {"keep_open_until": ago(days=-273)}},
    ),
    job(
        "typo-settings",
        "keep kept_by_owner > opened",
        "settings that nobody can read mean never",
        custom_settings={"idle_closer": {"idle_after": "two weeks"}},
    ),
    job(
        "tell-me-only",
        "report idle_datafeed_stopped > opened",
        "its owner wants to be told, not closed",
        custom_settings={"idle_closer": {"mode": "notify", "owner": "team-x"}},
    ),
    job(
        "old-payments",
        "keep active > closed requested > closed",
        "a person asks for a running job: its datafeed is stopped first",
        **BUSY,
        memory="4gb",
        close_takes=MINUTE,
        request="ask-ann",
    ),
    job(
        "stubborn-feed",
        "keep active > force_closed datafeed_would_not_stop > closed",
        "a person asks, but the datafeed will not stop",
        **BUSY,
        datafeed_stops=False,
        request="ask-bob",
    ),
    job(
        "haunted-job",
        "keep active > parked request_expired > opened",
        "a person orders force, and a proxy answers 503 each time",
        **BUSY,
        request="ask-eve",
    ),
    job(
        "autumn-sales",
        "keep active > closed requested > closed",
        "a person asks for its group, idle or not",
        **BUSY,
        groups=("season-2025",),
        request="ask-group",
    ),
    job(
        "winter-sales",
        "keep active > closed requested > closed",
        "of the same group",
        **BUSY,
        groups=("season-2025",),
        request="ask-group",
    ),
    job(
        "tmp-probe",
        "keep active > closed idle_datafeed_stopped > closed",
        "idle three minutes after the sweep, when a pipeline asks for tmp-*",
        last_data=ago(hours=47, minutes=57),
        request="ask-tmp",
    ),
    job(
        "tmp-trial",
        "keep active > skipped active > opened",
        "matched by tmp-*, but in use",
        **BUSY,
        request="ask-tmp",
    ),
]

# What people and pipelines send at five past midnight, under ids of their own: the
# spread of the looks is seeded with them, so that each day is the same.
REQUESTS: list[dict[str, object]] = [
    {
        "request_id": "ask-ann",
        "job_id": "old-payments",
        "requested_by": "ann",
        "reason": "moved to the new index",
    },
    {"request_id": "ask-bob", "job_id": "stubborn-feed", "requested_by": "bob"},
    {"request_id": "ask-eve", "job_id": "haunted-job", "force": True},
    {"request_id": "ask-group", "job_id": "season-2025", "only_if_idle": False},
    {"request_id": "ask-tmp", "job_id": "tmp-*", "only_if_idle": True},
]


def build(
    rows: Sequence[Row] = ROWS, now: datetime = SWEEP, version: str = "8.9.0"
) -> Cluster:
    """Return a cluster with these rows' jobs, idle where a row does not say else.

    All their times are moved so that they stand to `now` as they stood to the sweep.
    """
    cluster = Cluster(version)
    later = now - SWEEP
    quiet: dict[str, Any] = {
        "state": "opened",
        "created": ago(days=200),
        "opened": ago(days=21),
        "last_data": ago(days=20),
        "datafeed": "stopped",
    }
    for row in rows:
        fields = {n: _moved(f, later) for n, f in (quiet | dict(row.fields)).items()}
        cluster.add_job(row.job_id, now=START + later, **fields)
    return cluster


def _moved(value: Any, later: timedelta) -> Any:
    """Move a time, and write those in settings as their owners do."""
    if isinstance(value, datetime):
        return value + later
    if isinstance(value, Mapping):
        written = json.dumps(
            value, default=lambda time: _moved(time, later).isoformat()
        )
        return json.loads(written)
    return value


def direct(runner: "Runner") -> None:
    """Plan what people and data do that day."""

    def ask() -> None:
        for request in REQUESTS:
            runner.request(**request)

    def feed(line: dict[str, Any]) -> None:
        # The Sweeper has just said its verdict; the Closer has not read the job yet.
        if line["message"] == "verdict" and line["job_id"] == "checkout-errors":
            runner.cluster.give_data("checkout-errors", runner.now)

    runner.cluster.faults.append(Fault("haunted-job/_close"))
    runner.plan(SWEEP + 5 * MINUTE, ask)
    # One sweep, so that the table tells of one.
    runner.plan(SWEEP + 60 * MINUTE, lambda: runner.disabled.add("Sweeper"))
    runner.on_line.append(feed)
