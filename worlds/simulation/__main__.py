"""`make simulate`: many seeds side by side, or one seed told as a timeline."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta

from rich.text import Text

from idle_jobs.times import spoken
from idle_jobs_cli.output.terminal import open_console
from simulation.checker import check
from simulation.report import table
from simulation.schedule import Schedule, run
from simulation.seeds import JOBS, compared
from simulation.telling.cast import Cast
from simulation.telling.page import Page

SCHEDULES = 1_000
COLUMNS = """Ours is this application.
Naive is what is written first: it blocks, retries whole batches, then forces."""


def main(environ: Mapping[str, str]) -> int:
    """Print the comparison, or one seed's story; 1 if ours shows a problem.

    130 if somebody presses Ctrl-C.
    """
    try:
        return _asked(environ)
    except KeyboardInterrupt:
        return 130


def _asked(environ: Mapping[str, str]) -> int:
    try:
        first = _whole(environ, "FIRST", 0)
        count = _whole(environ, "SCHEDULES", SCHEDULES, least=1)
        seed = _whole(environ, "SEED", -1)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    job = environ.get("JOB", "")
    if seed >= 0:
        return tell(seed, job)
    if job:
        print("JOB: tells of one seed, so SEED is expected", file=sys.stderr)
        return 2
    return compare(range(first, first + count))


def _whole(environ: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    text = environ.get(name, "").strip() or str(default)
    whole = text.isascii() and text.isdigit() and len(text) < 20
    if text != str(default) and not (whole and int(text) >= least):
        expected = "a whole number" if not least else f"a whole number from {least}"
        raise ValueError(f"{name}: expected {expected}, got {text!r:.60}")
    return int(text)


def compare(seeds: Iterable[int]) -> int:
    """Run all seeds, ours and the naive peer's, on all cores."""
    begun, seeds = time.monotonic(), list(seeds)
    ours, naive = compared(seeds)
    count = f"{len(seeds):,} schedule{'' if len(seeds) == 1 else 's'}"
    which = f"{count} of {JOBS} jobs, seeds {seeds[0]} to {seeds[-1]}. {COLUMNS}"
    took = spoken(timedelta(seconds=time.monotonic() - begun))
    lines = [which, "", *table(ours, naive), "", f"in {took} on {os.cpu_count()} cores"]
    if ours.failing:
        failing = f"{len(ours.failing)} schedules fail: seeds {ours.failing[:20]}"
        lines += ["", failing]
    # Not by `print`, which knows no pager that is left before the end.
    whole = Text("\n".join(lines))
    open_console().print(whole, no_wrap=True, overflow="ignore", crop=False)
    return tell(ours.failing[0]) if ours.failing else 0


def tell(seed: int, job: str = "") -> int:
    """Tell one seed, or what became of one of its jobs; 1 if it shows a problem."""
    schedule = Schedule(seed, JOBS)
    history = run(schedule)
    if job and job not in Cast(history).jobs:
        last = f"job-{JOBS - 1:03}"
        why = f"JOB: seed {seed} has job-000 to {last}, got {job!r:.60}"
        print(why, file=sys.stderr)
        return 2
    findings = check(history)
    Page(open_console(), history, job).whole(schedule, findings)
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
