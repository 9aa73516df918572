"""Whether a stack's jobs ended as their rows demand."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from local.scenario import Row

if TYPE_CHECKING:
    # The runner needs moto, which the first lines of the demo need not wait for.
    from local.runner import Runner

# A crash between a force and its report may hide that it was one, and no more.
FORGIVEN = {"force_closed": ("closed", "skipped already_closed")}


def problems(
    runner: "Runner", rows: Sequence[Row], *, disturbed: bool = False
) -> Iterable[str]:
    """Yield everything that is not as the rows demand."""
    for row in rows:
        verdicts = told(runner, row.job_id, "verdict", "action")
        ends = (x for x in runner.outcomes() if x.get("job_id") == row.job_id)
        outcomes = [f"{x['ended']} {x['reason']}" for x in ends]
        state = runner.cluster.state_of(row.job_id, runner.now)
        if verdicts[:1] != [row.verdict] and row.verdict != "keep already_closed":
            yield f"{row.job_id}: the verdict was {verdicts}, not {row.verdict}"
        if not _as_demanded(row.outcome, outcomes, disturbed=disturbed):
            yield f"{row.job_id}: it ended {outcomes}, not {row.outcome or 'at all'}"
        if state != row.state:
            yield f"{row.job_id}: it is {state}, not {row.state}"
        yield from _unwritten(runner, row)
        if row.request and not _answered(runner, row):
            yield f"{row.job_id}: the request {row.request} has no outcome for it"
        if row.state == "closed" and runner.cluster.jobs[row.job_id].feeding:
            yield f"{row.job_id}: its datafeed still runs"
    if not disturbed:
        yield from (f"{name} raised {error!r}" for name, error in runner.errors)


def _unwritten(runner: "Runner", row: Row) -> Iterable[str]:
    """Yield a problem if the ledger has not just one item for a job that was closed."""
    items = [item for item in runner.ledger() if item["job_id"] == row.job_id]
    closed = row.outcome.startswith(("closed", "force_closed"))
    if len(items) != closed:
        yield f"{row.job_id}: the ledger has {len(items)} items of it"


def told(runner: "Runner", job_id: str, message: str, field: str) -> list[str]:
    """Return what the log tells of a job, as `action reason` or `ended reason`."""
    lines = (line for line in runner.log if line["message"] == message)
    return [f"{x[field]} {x['reason']}" for x in lines if x.get("job_id") == job_id]


def _as_demanded(wanted: str, outcomes: Sequence[str], *, disturbed: bool) -> bool:
    if not disturbed:
        return list(outcomes) == ([wanted] if wanted else [])
    # SQS delivers at least once: the same outcome may be told again.
    ended = wanted.partition(" ")[0]
    allowed = (wanted, *FORGIVEN.get(ended, ()))
    same = all(outcome.startswith(allowed) for outcome in outcomes)
    return bool(outcomes) == bool(wanted) and same


def _answered(runner: "Runner", row: Row) -> bool:
    outcomes = runner.outcomes(row.request)
    return any(outcome["job_id"] == row.job_id for outcome in outcomes)
