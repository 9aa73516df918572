"""`make demo`: the scenario's day in seconds, told while it happens and as a table."""

import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from idle_jobs.sizes import spoken_bytes
from idle_jobs.times import spoken
from idle_jobs_cli.output.terminal import (
    COLOURS,
    open_console,
    print_hanging,
)
from local import checks, scenario
from local.acts import ACTS, DIES, Act, faults
from local.ends import End, end_of, print_ends
from local.outcomes import outcome_in

Line = Mapping[str, Any]

# A terminal that is narrower needs the place of the functions' names for what they do.
NARROW = 72


PAGE = "idle-jobs-demo.html"


def main(page: str = PAGE) -> int:
    """Run the acts, print them, and write the day as a page.

    Return 1 if anything ended as it should not, 130 if somebody presses Ctrl-C.
    """
    try:
        return _run(page)
    except KeyboardInterrupt:
        return 130


def _run(page: str) -> int:
    disturbed = os.environ.get("FAULTS", "") not in ("", "0")
    console = open_console()
    started = time.perf_counter()
    _introduce(console, disturbed=disturbed)
    pages = [page, *[""] * (len(ACTS) - 1)]  # The first act is the day.
    played = [
        play(act, console, disturbed=disturbed, page=page)
        for act, page in zip(ACTS, pages, strict=True)
    ]
    console.print("How each job ended\n", style="bold")
    print_ends(console, [ends_of(scene) for scene in played])
    sum_up(console, played, time.perf_counter() - started)
    for scene in played:
        if scene.page:
            print_hanging(console, "", f"The day as a page for a browser: {scene.page}")
    problems = [problem for scene in played for problem in scene.problems]
    for problem in problems:
        print_hanging(console, "WRONG  ", problem, "bold red")
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
    metrics: Counter[str]
    page: Path | None = None


def play(act: Act, console: Console, *, disturbed: bool, page: str = "") -> Scene:
    """Play an act, tell it while it happens, and write its page if it has a name."""
    # It needs moto, which takes longer than a newcomer should wait for the first line.
    from local.day import Day  # noqa: PLC0415
    from local.runner import Runner  # noqa: PLC0415

    console.print(f"{act.title}\n", style="bold")
    cluster = act.build()
    runner = Runner(cluster, scenario.START, act.parameters)
    if disturbed:
        cluster.faults += faults()
        runner.dies = DIES
    with runner:
        day = Day(runner) if page else None
        act.direct(runner)
        runner.on_line.append(Teller(console).tell)
        runner.run(act.end)
        wrong = list(checks.problems(runner, act.rows, disturbed=disturbed))
        parked = len(runner.queues.bodies("ParkingQueue"))
        written = day.write(page) if day else None
    console.print()
    return Scene(act, runner.log, wrong, parked, runner.metrics, written)


def _introduce(console: Console, *, disturbed: bool) -> None:
    jobs = sum(len(act.rows) for act in ACTS)
    told = (
        f"{jobs} anomaly detection jobs on simulated clusters, at least one for each "
        "row of the policy. The functions, queues and limits are the real ones; the "
        "clock is a virtual one."
    )
    print_hanging(console, "", told)
    if disturbed:
        told = "FAULTS: three outages, two windows of 429, cut answers and a crash."
        print_hanging(console, "", told)
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
        who = "" if self._console.width < NARROW else f"{line['function']:<12}"
        text = Text(f"{_clock(line['at'])}  {who}{job_id:<17}")
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


def ends_of(scene: Scene) -> list[End]:
    """Return how the jobs of an act ended."""
    of_job: dict[str, list[Line]] = {}
    for line in scene.log:
        of_job.setdefault(line.get("job_id", ""), []).append(line)
    return [end_of(row, of_job.get(row.job_id, [])) for row in scene.act.rows]


def sum_up(console: Console, played: Sequence[Scene], seconds: float) -> None:
    """Say how the acts ended together, and how long they took."""
    metrics = sum((scene.metrics for scene in played), Counter[str]())
    ends = sum(map(_ends_of_requests, played), Counter[str]())
    # Two requests may share a closing, which is counted once.
    ends["closed"] = round(metrics["JobsClosed"])
    ends["force_closed"] = round(metrics["JobsForceClosed"])
    freed = metrics["MemoryFreed"]
    parked = sum(scene.parked for scene in played)
    virtual = sum((scene.act.end - scenario.START for scene in played), timedelta())
    counted = ", ".join(f"{count} {end}" for end, count in ends.most_common())
    console.print()
    told = (
        f"{counted}; {spoken_bytes(freed)} of ML memory freed; {parked} "
        f"message{'' if parked == 1 else 's'} in ParkingQueue for a person."
    )
    print_hanging(console, "", told)
    took = spoken(timedelta(seconds=seconds))
    print_hanging(console, "", f"{spoken(virtual)} of virtual time in {took}.")


def _ends_of_requests(scene: Scene) -> Counter[str]:
    """Count how the requests for jobs ended: an outcome may be told twice."""
    first: dict[tuple[str, str], str] = {}
    for line in scene.log:
        if told := outcome_in(line):
            first.setdefault((told["request_id"], told["job_id"]), told["ended"])
    return Counter(first.values())


if __name__ == "__main__":
    sys.exit(main())
