"""`make demo`: the scenario's day in seconds, told while it happens and as a table."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulator import scenario
from simulator.runner import Runner
from simulator.scenario import Row

COLOURS = {
    "closed": "green",
    "force_closed": "yellow",
    "skipped": "cyan",
    "parked": "red",
    "close": "green",
    "report": "yellow",
    "watch": "cyan",
    "keep": "dim",
}
Line = Mapping[str, Any]


def main() -> int:
    """Run the day, print it, and return 1 if anything ended as it should not."""
    console = _console()
    started = time.perf_counter()
    _introduce(console)
    with Runner(scenario.build(), scenario.START, scenario.PARAMETERS) as runner:
        asked = scenario.direct(runner)
        runner.on_line.append(Teller(console).tell)
        runner.run(scenario.END)
        states = {
            row.job_id: runner.cluster.state_of(row.job_id, runner.now)
            for row in scenario.ROWS
        }
        parked = len(runner.queues.bodies("ParkingQueue"))
    console.print()
    console.print(_table(runner.log, plain=not console.is_terminal))
    problems = list(_problems(runner, states, asked))
    _sum_up(console, runner, parked, time.perf_counter() - started)
    for problem in problems:
        console.print(f"WRONG  {problem}", style="bold red")
    if not problems:
        console.print(f"All {len(scenario.ROWS)} jobs ended as their rows demand.")
    return 1 if problems else 0


def _console() -> Console:
    # Piped output has no width of its own; 80 columns would fold every cell.
    piped = not sys.stdout.isatty()
    return Console(
        file=sys.stdout, highlight=False, soft_wrap=piped, width=190 if piped else None
    )


def _introduce(console: Console) -> None:
    console.print(
        f"A cluster with {len(scenario.ROWS)} anomaly detection jobs, one for each row "
        "of the policy.\nA sweep at midnight, three requests at 00:05; the clock is a "
        "virtual one.\n"
    )


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
        text = Text(f"{line['at']:%H:%M:%S}  {line['function']:<12}{job_id:<17}")
        text.append(told, style=COLOURS.get(line.get("ended", ""), ""))
        self._console.print(text, no_wrap=True, overflow="ellipsis", crop=True)


def _told(line: Line) -> str:
    match line["message"]:
        case "swept":
            return f"swept {sum(line['verdicts'].values())} jobs, sends {line['sent']}"
        case "posted":
            return f"{line['step']} -> {line['answer'][:90]}"
        case "sent":
            return f"handed over to {line['queue']}: {line['why']}"
        case "outcome":
            detail = f", {line['detail']}" if "detail" in line else ""
            return f"{line['ended']}: {line['reason']}{detail}"
        case "cluster_trouble" | "mode_unreadable" | "record_broken":
            return f"{line['message']}: {line.get('detail', '')}"
    return ""


def _table(log: Iterable[Line], *, plain: bool) -> Table:
    of_job: dict[str, list[Line]] = {}
    for line in log:
        of_job.setdefault(line.get("job_id", ""), []).append(line)
    table = Table(box=box.ASCII if plain else box.ROUNDED, header_style="bold")
    for name in ("job", "before", "verdict and reason", "steps", "outcome"):
        table.add_column(name, overflow="fold")
    table.add_column("freed", justify="right", no_wrap=True)
    for row in scenario.ROWS:
        table.add_row(*_cells(row, of_job.get(row.job_id, [])))
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
        _bytes(outcome.get("memory_bytes", 0)),
    ]


def _steps(lines: Iterable[Line]) -> Iterable[str]:
    """Yield the steps taken for a job, counted between one hand-over and the next."""
    counts: Counter[str] = Counter()
    for line in lines:
        match line["message"]:
            case "posted":
                counts[line["step"].split(":")[0]] += 1
            case "waiting":
                counts["look"] += 1
            case "sent":
                yield from _counted(counts)
                yield "hand over"
                counts.clear()
            case "outcome" if line["function"] != "Sweeper" and not counts:
                counts["look"] += 1
    yield from _counted(counts)


def _counted(counts: Mapping[str, int]) -> Iterable[str]:
    for step, count in counts.items():
        yield step if count == 1 else f"{step} x{count}"


def _problems(
    runner: Runner, states: Mapping[str, str], asked: Mapping[str, str]
) -> Iterable[str]:
    """Yield everything that is not as the scenario demands."""
    for row in scenario.ROWS:
        verdicts = [
            f"{x['action']} {x['reason']}"
            for x in runner.log
            if x["message"] == "verdict" and x["job_id"] == row.job_id
        ]
        outcomes = [
            f"{x['ended']} {x['reason']}"
            for x in runner.outcomes()
            if x["job_id"] == row.job_id
        ]
        if verdicts[:1] != [row.verdict] and row.verdict != "keep already_closed":
            yield f"{row.job_id}: the verdict was {verdicts}, not {row.verdict}"
        if outcomes != ([row.outcome] if row.outcome else []):
            yield f"{row.job_id}: it ended {outcomes}, not as {row.outcome or 'none'}"
        if states[row.job_id] != row.state:
            yield f"{row.job_id}: it is {states[row.job_id]}, not {row.state}"
    for job_id, request_id in asked.items():
        if not runner.outcomes(request_id):
            yield f"{job_id}: its request has no outcome"
    for name, error in runner.errors:
        yield f"{name} raised {error!r}"


def _sum_up(console: Console, runner: Runner, parked: int, seconds: float) -> None:
    ends = Counter(line["ended"] for line in runner.outcomes())
    freed = sum(line.get("memory_bytes", 0) for line in runner.outcomes())
    counted = ", ".join(f"{count} {end}" for end, count in ends.most_common())
    console.print(
        f"\n{counted}; {_bytes(freed)} of ML memory freed; {parked} message in "
        f"ParkingQueue for a person.\n14 hours in {seconds:.1f} s."
    )


def _bytes(count: float) -> str:
    if not count:
        return ""
    return f"{count / 1024**3:.1f} GB"


if __name__ == "__main__":
    sys.exit(main())
