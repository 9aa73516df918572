"""Why one job gets its verdict, and what would change it: `idle-jobs explain`."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import RULES, judge
from idle_jobs.policy.notice import not_yet
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.times import rfc3339
from idle_jobs_cli.cluster.asked_as import headline
from idle_jobs_cli.cluster.reading import near, read_jobs
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.explaining.inputs import ANSWERS, how_long_ago, inputs, written
from idle_jobs_cli.explaining.whatif import if_nothing_happens, if_turned
from idle_jobs_cli.output.formats import Format, write
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import COLOURS, open_console
from idle_jobs_cli.stack.ledger import as_the_sweeper

INPUTS = (
    Column("input"),
    Column("value", wraps=True),
    Column("when", drop=2),
    Column("from", drop=1, wraps=True),
)
ANSWER = (Column("rule"), Column("answer", wraps=True))
CHANGE = (Column("change", wraps=True), Column("verdict", wraps=True))

# What each of `judge.RULES` asks, in their order.
QUESTIONS = (
    *("closed?", "unreadable or contradictory?", "a task without a job?"),
    *("reset or upgrade mode?", "being deleted, or blocked?", "managed by an app?"),
    *("kept by its owner?", "quiet, but kept open by something?", "active?"),
    *("opened lately?", "lookback running?", "forecast running?", "opening?"),
    *("closing?", "failed?", "idle?"),
)

Answers = list[tuple[str, str]]


def answer(job: str, where: Where, output: Format) -> None:
    """Read one job, and print its inputs, the rules, and what would change it."""
    target = open_target(where, os.environ)
    asked, jobs, now = read_jobs(target, job)
    found = next((each for each in jobs if each.job_id == job), None)
    if found is None:
        _, every, _ = read_jobs(target)
        alike = near(job, (each.job_id for each in every))
        raise CouldNot(f"there is no job {job} in this cluster{alike}")
    [found] = as_the_sweeper(target, [found], now)
    verdict = judge(found, now, target.rules)
    answers = list(_answers(found, now, target.rules))
    changes = list(_changes(found, now, target.rules))
    if output is Format.TABLE:
        console = open_console()
        console.print(Text(headline(target, asked)))
        told = f"{job}: {_as_text(verdict)}"
        console.print(Text(one_line(told), COLOURS[verdict.action]))
        _print_inputs(console, found, now, target.rules)
        _print(console, ANSWER, answers)
        _print(console, CHANGE, changes)
        return
    read = [
        {"input": each.name, "value": written(each.value), "from": each.source}
        for each in inputs(found, now, target.rules)
    ]
    document = {
        "job_id": job,
        "verdict": str(verdict.action),
        "reason": str(verdict.reason),
        "detail": verdict.detail,
        "planned_at": rfc3339(now.replace(microsecond=0)),
        "inputs": read,
        "rules": _named(answers, "rule", "answer"),
        "changes": _named(changes, "change", "verdict"),
    }
    write(document, "inputs", output)


def _named(pairs: Answers, *names: str) -> list[dict[str, Any]]:
    return [dict(zip(names, pair, strict=True)) for pair in pairs]


def _print_inputs(console: Console, job: Job, now: datetime, rules: Rules) -> None:
    rows = (
        Row((i.name, written(i.value), how_long_ago(i.value, now), i.source))
        for i in inputs(job, now, rules)
    )
    console.print()
    show(console, INPUTS, rows)
    console.print()
    for name, answer in ANSWERS.items():
        console.print(Text(f"{name:<6}{answer}"))


def _print(
    console: Console, columns: tuple[Column, ...], rows: Iterable[tuple[str, str]]
) -> None:
    console.print()
    show(console, columns, (Row([one_line(cell) for cell in row]) for row in rows))


def _answers(job: Job, now: datetime, rules: Rules) -> Iterator[tuple[str, str]]:
    """Yield the answer of each rule, up to the first with a verdict."""
    for question, rule in zip(QUESTIONS, RULES, strict=True):
        if verdict := rule(job, now, rules):
            yield question, _as_text(verdict)
            why = not_yet(verdict, now, rules)
            if why and verdict.action in (Action.CLOSE, Action.FORCE):
                yield "announced for long enough?", f"hold {Reason.ANNOUNCED} ({why})"
            return
        yield question, "no"


def _changes(job: Job, now: datetime, rules: Rules) -> Iterator[tuple[str, str]]:
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
