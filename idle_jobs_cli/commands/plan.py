"""`make plan`: what a sweep of a real cluster would do, and why; it only reads."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from idle_jobs.policy.ignored import without_effect
from idle_jobs.policy.job import State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, limit
from idle_jobs.policy.mass_events import mass_events
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs_cli.cluster.target import Clock, Target, run
from idle_jobs_cli.explaining.elastic_apps import look_alike
from idle_jobs_cli.output.terminal import (
    COLOURS,
    one_line,
    open_console,
    open_table,
    spoken_bytes,
)

COLUMNS = ("job", "state", "verdict", "reason", "memory", "sweep", "detail")
FIRST = (Action.CLOSE, Action.FORCE, Action.WATCH, Action.REPORT, Action.KEEP)


def main(environ: Mapping[str, str]) -> int:
    """Print the plan for the cluster in the environment; return the exit code."""
    return run(environ, plan)


def plan(target: Target, clock: Clock) -> int:
    """Read, judge and limit as the Sweeper does, and print what it would send."""
    jobs, now = target.cluster.jobs(clock()), clock()
    verdicts = [judge(job, now, target.rules) for job in jobs]
    halts = mass_events(verdicts, now, target.rules)
    planned = limit(verdicts, halts, now, target.rules)
    console = open_console(piped_width=2_000)
    shown = [v for v in verdicts if v.reason is not Reason.ALREADY_CLOSED]
    shown.sort(key=lambda v: (FIRST.index(v.action), v.job.job_id))
    console.print(_table(shown, planned, console))
    for name, value in _summary(verdicts, shown, planned):
        console.print(Text(f"{name:<12}{value}"))
    for ignored in without_effect(jobs, target.rules):
        console.print(Text(f"{'ignored':<12}{one_line(ignored)}", "yellow"))
    console.print("Nothing was posted.")
    return 0


def _table(verdicts: Iterable[Verdict], planned: Plan, console: Console) -> Table:
    sent = {v.job.job_id: "send" for v in planned.send}
    held = {h.verdict.job.job_id: f"hold: {h.reason}" for h in planned.held}
    table = open_table(console, *COLUMNS)
    for verdict in verdicts:
        fate = (sent | held).get(verdict.job.job_id, "")
        style = COLOURS[verdict.action]
        table.add_row(*(Text(one_line(c), style) for c in _cells(verdict, fate)))
    return table


def _cells(verdict: Verdict, fate: str) -> Iterator[str]:
    yield verdict.job.job_id
    yield verdict.job.state or "unknown"
    yield verdict.action
    yield verdict.reason
    yield spoken_bytes(verdict.job.memory_bytes)
    yield fate
    alike = look_alike(verdict.job)
    doubt = f"; may belong to an Elastic app: {alike}" if alike else ""
    yield f"{verdict.detail}{doubt}"


def _summary(
    verdicts: Sequence[Verdict], shown: Sequence[Verdict], planned: Plan
) -> Iterator[tuple[str, str]]:
    why = Counter(held.reason for held in planned.held)
    why_held = "".join(f", {count} {reason}" for reason, count in why.items())
    held = [each.verdict for each in planned.held]
    opened = [v for v in shown if v.job.state is not State.CLOSED]
    yield "closed", str(len(verdicts) - len(opened))
    yield "not closed", f"{len(opened)}{_counted(opened)}"
    yield "would send", f"{len(planned.send)}{_counted(planned.send)}"
    yield "held back", f"{len(held)}{_counted(held)}{why_held}"
    for halt in dict.fromkeys(str(each.event) for each in planned.held if each.event):
        yield "halt", halt
    if alike := sum(look_alike(v.job) != "" for v in planned.send):
        what = "have groups of Elastic apps, but not their mark"
        yield "look at", f"{alike} of the jobs to send {what}"
    yield "would free", f"{_freed(planned.send)} of ML memory"


def _counted(verdicts: Iterable[Verdict]) -> str:
    counts = Counter(verdict.action for verdict in verdicts)
    shown = ", ".join(f"{counts[act]} {act}" for act in FIRST if counts[act])
    return f": {shown}" if shown else ""


def _freed(verdicts: Iterable[Verdict]) -> str:
    # A failed job holds no memory, and a watched job is closed by somebody else.
    closes = (v for v in verdicts if v.action is Action.CLOSE)
    return spoken_bytes(sum(v.job.memory_bytes for v in closes)) or "nothing"


if __name__ == "__main__":
    sys.exit(main(os.environ))
