"""`idle-jobs close EXPRESSION`: asks a deployed stack to close jobs."""

import json
import sys
from typing import Any

import boto3
import click

from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.close_reading import read, show_fates
from idle_jobs_cli.commands.close_request import Asked, body_of, identity, parsed
from idle_jobs_cli.commands.options import command, reach_options, stack_option
from idle_jobs_cli.commands.waiting import OUTCOME_FIELDS, Waiting, wait_option
from idle_jobs_cli.exits import BadInput, Exit
from idle_jobs_cli.output.formats import Format, note, output_option, write
from idle_jobs_cli.planning.preview import FATE_FIELDS
from idle_jobs_cli.stack.mode import hindrance, read_mode
from idle_jobs_cli.stack.outcomes import Awaited, normal
from idle_jobs_cli.stack.stack import Stack


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
@click.option(
    "-y", "--yes", is_flag=True, help="Do not ask. The limits of requests then apply."
)
@wait_option
@reach_options
@stack_option
@output_option
def close(
    expression: str,
    stack: str,
    where: Where,
    wait: float | None,
    yes: bool,
    dry_run: bool,
    requested_by: str | None,
    output: Format,
    **terms: Any,
) -> Exit:
    """Show which jobs EXPRESSION means, ask, and send a request to a deployed stack.

    EXPRESSION is an id, a group, a wildcard with *, or a list of these with commas. The
    request carries the number of jobs that were shown: if more or fewer are open when
    the Sweeper reads it, it is parked. The jobs are closed by the stack, not here.
    """
    body = body_of(expression, terms, requested_by or "")
    parsed(body)
    if not (yes or dry_run or sys.stdin.isatty()):
        raise BadInput("expected --yes or --dry-run: there is no terminal to ask on")
    found = Stack.find(stack)
    if requested_by is None:
        body = body_of(expression, terms, identity())
    if why := hindrance(read_mode(found)):
        note(why, output)
    asked = Asked(body)
    if not terms["expected_jobs"]:
        limits = yes and not dry_run
        asked = read(where, body, found.found_at, within_limits=limits)
        show_fates(asked, output)
    wanted = not dry_run and asked.to_close and (yes or _agreed(stack, asked))
    if wanted:
        return _sent(found, asked, wait, output)
    note("Nothing was sent.", output)
    _write(asked, "", Waiting(output), output)
    return Exit.DONE if dry_run or asked.is_done else Exit.COULD_NOT


def _agreed(stack: str, asked: Asked) -> bool:
    """Ask a person, on stderr."""
    try:
        return click.confirm(f"Ask stack {stack} to {asked.question}?", err=True)
    except click.Abort:
        click.echo("\nNothing was sent.", err=True)
        raise


def _sent(stack: Stack, asked: Asked, wait: float | None, output: Format) -> Exit:
    """Send the request; show its outcomes if they are to be waited for."""
    answer = boto3.client("sqs").send_message(
        QueueUrl=stack["RequestQueue"], MessageBody=json.dumps(asked.body)
    )
    request_id = answer["MessageId"]
    note(f"Sent. Its outcomes have the request_id {request_id}.", output)
    waiting, code = Waiting(output), Exit.DONE
    if wait is not None:
        jobs = frozenset(fate.job.job_id for fate in asked.fates or ())
        expression, number = normal(asked.body["job_id"]), asked.to_close
        request = Awaited(request_id, request_id, expression, jobs, number)
        code = waiting.wait(stack, [request], wait)
    _write(asked, request_id, waiting, output, "jobs" if wait is None else "outcomes")
    return code


def _write(
    asked: Asked, request_id: str, waiting: Waiting, output: Format, rows: str = "jobs"
) -> None:
    """Write for programs what was sent, and what became of it; of CSV, one list."""
    if output is Format.TABLE:
        return
    document = {
        "request_id": request_id,
        "request": asked.body,
        "jobs": [fate.fields() for fate in asked.fates or ()],
        **waiting.document(),
    }
    columns = FATE_FIELDS if rows == "jobs" else OUTCOME_FIELDS
    write(document, rows, output, columns)
