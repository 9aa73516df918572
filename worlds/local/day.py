"""The demo's day as a page: the plan of its sweep, each closing, and what it saved.

It reads the cluster as `idle-jobs plan` does: at the sweep, and each hour after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idle_jobs.errors import ClusterError
from idle_jobs.policy.job import Job
from idle_jobs.policy.verdict import Verdict
from idle_jobs.steps.came_back import with_returns
from idle_jobs.steps.worth import gib_hours
from idle_jobs.times import moment
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.page.charts import idle_memory
from idle_jobs_cli.page.content import Closing, Content, Kind, Point, Step
from idle_jobs_cli.page.file import write_page
from idle_jobs_cli.page.past import asked_by, saved_over_time
from idle_jobs_cli.page.render import page_of
from idle_jobs_cli.planning.document import document_of, planned
from idle_jobs_cli.stack.ledger import state_since
from local import scenario
from standin.cluster import API_KEY

if TYPE_CHECKING:
    from local.runner import Runner

Line = Mapping[str, Any]

HOUR = timedelta(hours=1)
# Which queue a function handles.
QUEUES = {"Closer": "CloseQueue", "ForceCloser": "ForceQueue"}
MOST = 90  # characters of an answer


@dataclass
class Day:
    """Watches a stack of the demo from its sweep on."""

    runner: "Runner"
    plan: dict[str, Any] = field(default_factory=dict)
    potential: list[Point] = field(default_factory=list)
    jobs: Sequence[Job] = ()
    verdicts: Sequence[Verdict] = ()

    def __post_init__(self) -> None:
        """Plan to look at the sweep, and each hour after it."""
        now, end = scenario.SWEEP, scenario.END
        while now < end:
            self.runner.plan(now, self.look)
            now += HOUR

    def look(self) -> None:
        """Read the cluster, unless it cannot be read right now."""
        now, target = self.runner.now, self._target()
        with suppress(ClusterError):
            self.jobs = with_returns(target.cluster.jobs(now), self.runner.ledger())
            self.verdicts = (found := planned(self.jobs, now, target.rules)).verdicts
            plan = document_of(found, now, {"name": "demo"}, target.settings)
            self.plan = self.plan or plan
            self.potential.append((now, idle_memory(plan["jobs"])))

    def _target(self) -> Target:
        sweeper = self.runner.topology.functions["Sweeper"]
        settings = self.runner.environment(sweeper)
        known = {"CLUSTER_URL", "KEEP_PATTERNS"}
        given = {name: settings[name] for name in known}
        return open_target(Where(), given | {"ES_API_KEY": API_KEY})

    def write(self, name: str) -> Path:
        """Write the page of the day, once it is over; return where it is."""
        self.look()
        return write_page(page_of(self.content, self.runner.now), name)

    @property
    def content(self) -> Content:
        """Return what the page shows."""
        by_id = {job.job_id: job for job in self.jobs}
        ledger, now = self.runner.ledger(), self.runner.now
        since = [
            (item, state_since(item, by_id.get(item["job_id"]))) for item in ledger
        ]
        return Content(
            title="A day of the demo",
            source="A simulated day: what the sweep at midnight decided for each job, "
            "how each closing went through the queues until one in the next night, and "
            "what that saved.",
            plan=self.plan,
            closings=[*closings(self.runner.log, since)],
            since=scenario.SWEEP,
            potential=self.potential,
            saved=saved_over_time(since, scenario.SWEEP, now),
            saved_hours=gib_hours(
                (verdict.job for verdict in self.verdicts), ledger, scenario.SWEEP, now
            ),
        )


def closings(
    log: Iterable[Line], since: Iterable[tuple[Line, str]]
) -> Iterator[Closing]:
    """Yield each request that closed a job or tried to, by the lines of the log.

    `since` has the items of the ledger, each with what became of its job.
    """
    ways: dict[tuple[str, str], list[Line]] = {}
    known = {(item["request_id"], item["job_id"]): (item, now) for item, now in since}
    for line in log:
        if "job_id" in line and "request_id" in line:
            ways.setdefault((line["request_id"], line["job_id"]), []).append(line)
    for key, lines in ways.items():
        outcome = next((line for line in lines if line["message"] == "outcome"), None)
        if not outcome or not (_was_tried(lines) or key in known):
            continue
        item, now = known.get(key, ({}, ""))
        yield Closing(
            job_id=outcome["job_id"],
            ended=outcome["ended"],
            reason=outcome.get("request_reason") or outcome["reason"],
            steps=[*_steps(lines[: lines.index(outcome) + 1])],
            asked_by=asked_by(outcome),
            closed_by=item.get("closed_by", ""),
            memory_bytes=outcome.get("memory_bytes", 0),
            now=now,
        )


def _was_tried(lines: Iterable[Line]) -> bool:
    return any(line["message"] == "posted" for line in lines)


def _steps(lines: Sequence[Line]) -> Iterator[Step]:
    """Yield what happened until the outcome, which is the last of the lines."""
    outcome, posted = lines[-1], datetime.min.replace(tzinfo=scenario.SWEEP.tzinfo)
    began = moment(outcome["requested_at"])
    yield Step(began, Kind.REQUESTED, f"requested by {asked_by(outcome)}")
    for line in lines:
        at, queue = line["at"], QUEUES.get(line["function"], "")
        match line["message"]:
            case "posted":
                posted = at
                yield _post(line, queue)
            case "waiting" if at > posted:
                yield Step(at, Kind.LOOKED, f"looked: {line['why']}", queue)
            case "sent":
                told = f"handed over to {line['queue']}: {line['why']}"
                yield Step(at, Kind.HANDED_OVER, told, queue)
            case "outcome":
                told = f"{line['ended']}: {line['reason']}"
                yield Step(at, Kind.ENDED, told, queue)


def _post(line: Line, queue: str) -> Step:
    step, _, why = line["step"].partition(": ")
    kind = Kind.FORCED if step == "force" else Kind.POSTED
    told = f"{step} call{f' ({why})' if why else ''}: {line['answer'][:MOST]}"
    return Step(line["at"], kind, told, queue)
