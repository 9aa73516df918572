"""`make demo`: the scenario's day in seconds, told while it happens and as a table."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from idle_jobs_cli.output.terminal import (
    COLOURS,
    open_console,
    open_table,
    spoken_bytes,
)
from local import checks, scenario
from local.acts import ACTS, DIES, Act, faults
from local.runner import Runner
from local.scenario import Row

Line = Mapping[str, Any]


def main() -> int:
    """Run the acts, print them, and return 1 if anything ended as it should not."""
    disturbed = os.environ.get("FAULTS", "") not in ("", "0")
    console = open_console()
    started = time.perf_counter()
    _introduce(console, disturbed=disturbed)
    played = [_play(act, console, disturbed=disturbed) for act in ACTS]
    console.print(_table(played, console))
    _sum_up(console, played, time.perf_counter() - started)
    problems = [problem for scene in played for problem in scene.problems]
    for problem in problems:
        console.print(f"WRONG  {problem}", style="bold red")
    if not problems:
        jobs = sum(len(act.rows) for act in ACTS)
        console.print(f"All {jobs} jobs ended as expected.")
    return 1 if problems else 0


@dataclass(frozen=True)
class Scene:
    """An act as it was played."""

    act: Act
    log: list[dict[str, Any]]
    problems: list[str]
    parked: int


def _play(act: Act, console: Console, *, disturbed: bool) -> Scene:
    console.print(f"{act.title}\n", style="bold")
    cluster = act.build()
    runner = Runner(cluster, scenario.START, act.parameters)
    if disturbed:
        cluster.faults += faults()
        runner.dies = DIES
    with runner:
        act.direct(runner)
        runner.on_line.append(Teller(console).tell)
        runner.run(act.end)
        wrong = list(checks.problems(runner, act.rows, disturbed=disturbed))
        parked = len(runner.queues.bodies("ParkingQueue"))
    console.print()
    return Scene(act, runner.log, wrong, parked)


def _introduce(console: Console, *, disturbed: bool) -> None:
    jobs = sum(len(act.rows) for act in ACTS)
    console.print(
        f"{jobs} anomaly detection jobs on simulated clusters, at least one for each "
        "row of the policy.\nThe functions, queues and limits are the real ones; the "
        "clock is a virtual one."
    )
    if disturbed:
        console.print(
            "FAULTS: three outages, two windows of 429, cut answers and a crash."
        )
    console.print()


class Teller:
    """Prints what is worth telling as it happens; waits and repetitions are not."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, str] = {}

    def tell(self, line: Line) -> None:
        """Print one line of the functions' log, unless it says nothing new."""
        job_id, told = line.get("job_id", ""), _told(line)
        if not told or told == self._last.get(job_id):
            return
        self._last[job_id] = told if job_id else ""
        text = Text(f"{_clock(line['at'])}  {line['function']:<12}{job_id:<17}")
        text.append(told, style=COLOURS.get(line.get("ended", ""), ""))
        self._console.print(text, no_wrap=True, overflow="ellipsis", crop=True)


def _clock(at: datetime) -> str:
    """Return the time since the midnight of the sweep: 24:05:00 is the next day."""
    minutes, seconds = divmod(int((at - scenario.SWEEP).total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _told(line: Line) -> str:
    match line["message"]:
        case "swept":
            read = sum(line["verdicts"].values())
            jobs = "job" if read == 1 else "jobs"
            return f"read {read} {jobs}, {line['sent']} to close"
        case "posted":
            return f"{line['step']} -> {line['answer'][:90]}"
        case "sent":
            return f"handed over to {line['queue']}: {line['why']}"
        case "outcome":
            detail = f", {line['detail'][:90]}" if "detail" in line else ""
            return f"{line['ended']}: {line['reason']}{detail}"
        case "cluster_trouble" | "mode_unreadable" | "record_broken":
            return f"{line['message']}: {line.get('detail', '')}"
    return ""


def _table(played: Iterable[Scene], console: Console) -> Table:
    columns = ("job", "before", "verdict and reason", "steps", "outcome")
    table = open_table(console, *columns)
    table.add_column("freed", justify="right", no_wrap=True)
    for scene in played:
        of_job: dict[str, list[Line]] = {}
        for line in scene.log:
            of_job.setdefault(line.get("job_id", ""), []).append(line)
        for row in scene.act.rows:
            table.add_row(*_cells(row, of_job.get(row.job_id, [])))
        table.add_section()
    return table


def _cells(row: Row, lines: Iterable[Line]) -> list[str | Text]:
    lines = list(lines)
    verdict = next((x for x in lines if x["message"] == "verdict"), {})
    outcome = next((x for x in lines if x["message"] == "outcome"), {})
    action = verdict.get("action", "keep")
    why = verdict.get("reason", "already_closed")
    detail = f" ({verdict['detail']})" if "detail" in verdict else ""
    end = f"{outcome['ended']}: {outcome['reason']}" if outcome else "left alone"
    return [
        row.job_id,
        row.fields.get("state", "opened"),
        Text(f"{action} {why}{detail}", style=COLOURS.get(action, "")),
        ", ".join(_steps(lines)),
        Text(end, style=COLOURS.get(outcome.get("ended", ""), "dim")),
        spoken_bytes(outcome.get("memory_bytes", 0)),
    ]


def _steps(lines: Iterable[Line]) -> Iterable[str]:
    """Yield the steps taken for a job, counted between one hand-over and the next."""
    counts: Counter[str] = Counter()
    for line in lines:
        match line["message"]:
            case "posted":
                counts[line["step"].split(":")[0]] += 1
            case "waiting":
                counts["looked at"] += 1
            case "sent":
                yield from _counted(counts)
                yield "hand over"
                counts.clear()
            case "outcome" if line["function"] != "Sweeper" and not counts:
                counts["looked at"] += 1
    yield from _counted(counts)


def _counted(counts: Mapping[str, int]) -> Iterable[str]:
    for step, count in counts.items():
        yield step if count == 1 else f"{step} {count} times"


def _sum_up(console: Console, played: Sequence[Scene], seconds: float) -> None:
    outcomes = [
        line for scene in played for line in scene.log if line["message"] == "outcome"
    ]
    ends = Counter(line["ended"] for line in outcomes)
    freed = sum(line.get("memory_bytes", 0) for line in outcomes)
    parked = sum(scene.parked for scene in played)
    hours = sum((scene.act.end - scenario.START for scene in played), timedelta())
    counted = ", ".join(f"{count} {end}" for end, count in ends.most_common())
    console.print(
        f"\n{counted}; {spoken_bytes(freed)} of ML memory freed; {parked} message in "
        f"ParkingQueue for a person.\n{hours // timedelta(hours=1)} virtual hours in "
        f"{seconds:.1f} s."
    )


if __name__ == "__main__":
    sys.exit(main())
