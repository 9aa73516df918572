"""`idle-jobs doctor`: whether it would work, hop by hop, before the first close."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from idle_jobs.doctor.report import Patient, examined
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.options import cluster_options, command
from idle_jobs_cli.exits import Exit
from idle_jobs_cli.output.formats import Format, output_option, write
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.output.progress import progress
from idle_jobs_cli.output.terminal import open_console, print_hanging
from idle_jobs_cli.stack.checks import check_stack
from idle_jobs_cli.stack.invoke import examine_function
from idle_jobs_cli.stack.stack import Stack

FUNCTIONS = ("Sweeper", "Closer", "ForceCloser", "Reopener")
MARKS = {"ok": "green", "warn": "magenta", "fail": "bold red", "skip": ""}
FIELDS = ("where", "check", "level", "saw", "next")

Line = Mapping[str, str]


@command(
    "doctor",
    [
        "idle-jobs doctor --url https://elastic.example:9243",
        "idle-jobs doctor --stack idle-job-closer",
    ],
)
@cluster_options
@click.option("--closes", is_flag=True, help="Expect a credential that may close jobs.")
@output_option
def doctor(where: Where, closes: bool, output: Format) -> Exit:
    """Test each hop from here to the cluster, or from a stack's functions with --stack.

    It changes nothing. The exit code is 1 if something fails, and 3 if there is only
    something to look at.
    """
    if where.stack:
        lines = list(_of_stack(Stack.find(where.stack)))
    else:
        lines = list(_from_here(open_target(where, os.environ), closes=closes))
    if output is Format.TABLE:
        _print(open_console(), lines)
    else:
        write({"findings": lines}, "findings", output, FIELDS)
    levels = {line["level"] for line in lines}
    if "fail" in levels:
        return Exit.COULD_NOT
    return Exit.LEFT_FOR_YOU if "warn" in levels else Exit.DONE


def _from_here(target: Target, *, closes: bool) -> Iterator[Line]:
    patient = Patient(
        target.url, target.wire, target.ca_file, target.signed, closes=closes
    )
    with progress(f"Testing the way to {target.url}"):
        for finding in examined(patient):
            yield {"where": "here", **finding.as_fields()}


def _of_stack(stack: Stack) -> Iterator[Line]:
    for finding in check_stack(stack):
        yield {"where": "stack", **finding.as_fields()}
    for name in FUNCTIONS:
        with progress(f"Asking {name}, which may take a minute"):
            found = examine_function(stack, name)
        for fields in found:
            yield {"where": name, **fields}


def _print(console: Console, lines: list[Line]) -> None:
    where = ""
    for line in lines:
        if line["where"] != where:
            where = line["where"]
            console.print(Text(where, "bold"))
        level = line["level"]
        head = f"  {level:<5} {line['check']:<17}"
        text = Text.assemble((head, MARKS[level]), one_line(line["saw"]))
        console.print(text, soft_wrap=not console.is_terminal)
        if "next" in line:
            print_hanging(console, "        -> ", one_line(line["next"]))
    console.print(_verdict(lines))


def _verdict(lines: list[Line]) -> str:
    levels: list[Any] = [line["level"] for line in lines]
    failed, warned = levels.count("fail"), levels.count("warn")
    if failed:
        return f"{failed} of {len(levels)} checks failed."
    told = f", {warned} to look at" if warned else ""
    return f"{levels.count('ok')} checks are well{told}."
