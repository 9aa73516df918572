"""`make explain JOB=<id>`: why one job gets its verdict, and what would change it."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from rich.console import Console
from rich.text import Text

from idle_jobs.policy.job import JOB_ID, Job
from idle_jobs.policy.judge import RULES, judge
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Verdict
from idle_jobs_cli.cluster.target import Clock, Target, run
from idle_jobs_cli.explaining.inputs import ANSWERS, how_long_ago, inputs, written
from idle_jobs_cli.explaining.whatif import if_nothing_happens, if_turned
from idle_jobs_cli.output.terminal import COLOURS, one_line, open_console, open_table

Row = tuple[str, ...]


def main(environ: Mapping[str, str]) -> int:
    """Explain the verdict for the job in the variable JOB; return the exit code."""
    return run(environ, explain, JOB=_job_id)


def explain(target: Target, clock: Clock) -> int:
    """Read one job; print its verdict, the inputs, the rules and the changes."""
    job_id = target.values["job"]
    jobs, now = target.cluster.jobs(clock(), [job_id]), clock()
    job = next((job for job in jobs if job.job_id == job_id), None)
    if job is None:
        print(f"There is no job {job_id} in this cluster.", file=sys.stderr)
        return 1
    console = open_console()
    verdict = judge(job, now, target.rules)
    headline = Text(f"{job_id}: {_as_text(verdict)}", COLOURS[verdict.action])
    console.print(headline)
    _print(console, ("input", "value", "when", "from"), _inputs(job, now, target.rules))
    for name, answer in ANSWERS.items():
        console.print(Text(f"{name:<6}{answer}", "dim"))
    _print(console, ("rule", "answer"), _answers(job, now, target.rules))
    _print(console, ("change", "verdict"), _changes(job, now, target.rules))
    return 0


def _job_id(text: str) -> str:
    if not JOB_ID.fullmatch(text):
        raise ValueError("expected the id of one job, such as web-latency")
    return text


def _print(console: Console, columns: Row, rows: Iterable[Row]) -> None:
    table = open_table(console, *columns)
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console.print()
    console.print(table)


def _inputs(job: Job, now: datetime, rules: Rules) -> Iterator[Row]:
    for each in inputs(job, now, rules):
        when = how_long_ago(each.value, now)
        yield each.name, written(each.value), when, each.source


def _answers(job: Job, now: datetime, rules: Rules) -> Iterator[Row]:
    """Yield the answer of each rule, up to the first with a verdict."""
    for rule in RULES:
        name = rule.__name__.strip("_").replace("_", " ")
        if verdict := rule(job, now, rules):
            yield name, _as_text(verdict)
            return
        yield name, "no"


def _changes(job: Job, now: datetime, rules: Rules) -> Iterator[Row]:
    later = list(if_nothing_happens(job, now, rules))
    for moment, verdict in later:
        when = f"if nothing happens until {written(moment)}"
        yield f"{when}, {how_long_ago(moment, now)}", _as_text(verdict)
    if not later:
        yield "if nothing happens", "no change, however long"
    turned = list(if_turned(job, now, rules))
    for switch, verdict in turned:
        yield switch, _as_text(verdict)
    if not turned:
        yield "any one switch", "no change"


def _as_text(verdict: Verdict) -> str:
    detail = f" ({verdict.detail})" if verdict.detail else ""
    return f"{verdict.action} {verdict.reason}{detail}"


if __name__ == "__main__":
    sys.exit(main(os.environ))
