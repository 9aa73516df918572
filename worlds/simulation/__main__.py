"""`make simulate`: many seeds side by side, or one seed told as a timeline."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from idle_jobs.times import spoken
from simulation.checker import check
from simulation.findings import Findings
from simulation.report import Sums, table
from simulation.schedule import Schedule, run
from simulation.seeds import JOBS, compared
from simulation.timeline import timeline

SCHEDULES = 1_000


def main(environ: Mapping[str, str]) -> int:
    """Print the comparison, or one seed's story; 1 if ours shows a problem."""
    try:
        first = _whole(environ, "FIRST", 0)
        count = _whole(environ, "SCHEDULES", SCHEDULES, least=1)
        seed = _whole(environ, "SEED", -1)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if seed >= 0:
        return tell(seed)
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
    print(
        f"{len(seeds):,} schedules of {JOBS} jobs, seeds {seeds[0]} to {seeds[-1]}:\n"
    )
    print(*table(ours, naive), sep="\n")
    took = timedelta(seconds=time.monotonic() - begun)
    print(f"\nin {spoken(took)} on {os.cpu_count()} cores")
    return _verdict(ours)


def _verdict(ours: Sums) -> int:
    if not ours.failing:
        return 0
    print(f"\n{len(ours.failing)} schedules fail: seeds {ours.failing[:20]}")
    tell(ours.failing[0])
    return 1


def tell(seed: int) -> int:
    """Print what one seed shows, and the story of each key that went wrong."""
    history = run(Schedule(seed, JOBS))
    findings = check(history)
    print(f"seed {seed}: {len(findings.problems)} problems\n")
    for problem in findings.problems:
        after = problem.at - history.start
        print(f"{spoken(after)} {problem.invariant} {problem.kind}: {problem.what}")
    stories = map(partial(timeline, history), _keys(findings))
    for story in stories:
        print("", *story, sep="\n")
    return 1 if findings.problems else 0


def _keys(findings: Findings) -> Iterator[str]:
    yield from sorted({problem.key.job_id for problem in findings.problems})[:3]


if __name__ == "__main__":
    sys.exit(main(os.environ))
