"""`idle-jobs close EXPRESSION`: asks a deployed stack to close jobs."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import boto3
import click

from idle_jobs.messages.terms import Mode
from idle_jobs_cli.commands.close_request import Asked, body_of, counted, shown
from idle_jobs_cli.commands.options import command, stack_option
from idle_jobs_cli.commands.waiting import Waiting, wait_option
from idle_jobs_cli.exits import BadInput, Exit
from idle_jobs_cli.stack.mode import read_mode
from idle_jobs_cli.stack.outcomes import Awaited
from idle_jobs_cli.stack.stack import Stack

IN_MODE = {
    Mode.OBSERVE: "The stack observes: the request ends as `mode_is_observe`.",
    Mode.PAUSED: "The stack is paused: the request waits until `idle-jobs resume`.",
}


@command(
    "close",
    [
        "idle-jobs close old-payments --reason 'moved to the new index'",
        "idle-jobs close 'tmp-*' --only-if-idle --wait 10m",
        "idle-jobs close old-payments,prod-orders --dry-run",
    ],
)
@click.argument("expression")
@click.option("--only-if-idle", is_flag=True, help="Judge and limit as a sweep does.")
@click.option(
    "--despite-halt",
    is_flag=True,
    help="Also jobs that sweeps hold back as sweep_halted.",
)
@click.option("--force", is_flag=True, help="Order a force, for one exact id.")
@click.option(
    "--timeout", metavar="TIME", help="How long Elasticsearch may take.  [default: 30m]"
)
@click.option("--reason", default="", help="Your reason; it is in the outcome.")
@click.option(
    "--requested-by", metavar="NAME", help="Who asks. Default: your AWS identity."
)
@click.option(
    "--expected-jobs",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="How many jobs this means; the cluster is then not read here.",
)
@click.option(
    "--dry-run", is_flag=True, help="Only show what would become of each job."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@wait_option
@stack_option
def close(
    expression: str,
    stack: str,
    wait: float | None,
    yes: bool,
    dry_run: bool,
    requested_by: str | None,
    **terms: Any,
) -> Exit:
    """Show which jobs EXPRESSION means, ask, and send a request to a deployed stack.

    EXPRESSION is an id, a group, a wildcard with *, or a list of these with commas. The
    request carries the number of jobs that were shown: if more or fewer are open when
    the Sweeper reads it, it is parked. The jobs are closed by the stack, not here.
    """
    found, begun = Stack.find(stack), datetime.now(UTC)
    body = body_of(expression, requested_by, terms)
    asked = counted(body) if terms["expected_jobs"] else shown(found, body)
    if asked is None or dry_run:
        print("Nothing was sent.")
        return Exit.DONE
    if (mode := read_mode(found)) in IN_MODE:
        print(IN_MODE[Mode(mode)])
    if not yes and not _agreed(asked.question):
        print("Nothing was sent.")
        return Exit.COULD_NOT
    return _sent(found, asked, wait, begun)


def _agreed(question: str) -> bool:
    """Ask; BadInput if nobody can answer."""
    if not sys.stdin.isatty():
        raise BadInput("expected --yes, since there is no terminal to ask on")
    return click.confirm(question)


def _sent(stack: Stack, asked: Asked, wait: float | None, since: datetime) -> Exit:
    """Send the request; show its outcomes if they are to be waited for."""
    sent = boto3.client("sqs").send_message(
        QueueUrl=stack["RequestQueue"], MessageBody=json.dumps(asked.body)
    )
    request_id = sent["MessageId"]
    print(f"Sent. Its outcomes have the request_id {request_id}.")
    if wait is None:
        return Exit.DONE
    request = Awaited(request_id, request_id, asked.jobs)
    return Waiting().wait(stack, [request], since, wait)
