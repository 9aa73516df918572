"""`idle-jobs redrive`: moves parked messages back to RequestQueue."""

import boto3
import click

from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.options import command, reach_options, stack_option
from idle_jobs_cli.commands.redrive_moves import MOVED_FIELDS, Choice, move
from idle_jobs_cli.commands.redrive_preview import show_fates
from idle_jobs_cli.commands.waiting import OUTCOME_FIELDS, Waiting, wait_option
from idle_jobs_cli.exits import BadInput, CouldNot, Exit
from idle_jobs_cli.output.formats import Format, note, output_option, write
from idle_jobs_cli.stack.mode import hindrance, read_mode
from idle_jobs_cli.stack.parking import counted, held
from idle_jobs_cli.stack.stack import Stack

ONE_OF = "expected one of --id, --job and --all"


@command(
    "redrive",
    [
        "idle-jobs redrive --job old-payments --dry-run",
        "idle-jobs redrive --job old-payments --wait 2m",
        "idle-jobs redrive --all",
    ],
)
@click.option("--id", "message_id", metavar="ID", help="The message with this id.")
@click.option("--job", metavar="ID", help="All messages of this job.")
@click.option("--all", "every", is_flag=True, help="All messages.")
@click.option(
    "--dry-run", is_flag=True, help="Only say what the Sweeper would do with them."
)
@wait_option
@reach_options
@stack_option
@output_option
def redrive(
    message_id: str | None,
    job: str | None,
    every: bool,
    dry_run: bool,
    wait: float | None,
    where: Where,
    stack: str,
    output: Format,
) -> Exit:
    """Move parked messages back to RequestQueue, where they are judged again.

    With --dry-run, it reads the cluster of the stack, says for each message what the
    Sweeper would do with it, and moves nothing.
    """
    choice = _choice(message_id, job, every=every)
    found = Stack.find(stack)
    if why := hindrance(read_mode(found)):
        note(why, output)
    if dry_run:
        with held(boto3.client("sqs"), found["ParkingQueue"]) as messages:
            chosen = [*filter(choice, messages)]
            _needed(chosen, message_id, job)
            show_fates(where, chosen, output)
        return Exit.DONE
    moved = move(found, choice, output)
    _needed(moved, message_id, job)
    note(f"{counted(len(moved))} moved to RequestQueue.", output)
    waiting, code = Waiting(output, many=True), Exit.DONE
    if moved and wait is not None:
        requests = [each.awaited for each in moved]
        code = waiting.wait(found, requests, wait)
    if output is not Format.TABLE:
        document = {"moved": [each.fields() for each in moved], **waiting.document()}
        rows, columns = (
            ("moved", MOVED_FIELDS) if wait is None else ("outcomes", OUTCOME_FIELDS)
        )
        write(document, rows, output, columns)
    return code


def _choice(message_id: str | None, job: str | None, *, every: bool) -> Choice:
    if [message_id is None, job is None, not every].count(False) != 1:
        raise BadInput(ONE_OF)
    if "" in (message_id, job):
        raise BadInput(f"{ONE_OF}, got an empty one")
    if every:
        return lambda _: True
    if job:
        return lambda message: message.printable_field("job_id") == job
    return lambda message: message.message_id == message_id


def _needed(chosen: object, message_id: str | None, job: str | None) -> None:
    if chosen or not (message_id or job):
        return
    wanted = message_id or f"of job {job}"
    what = f"expected message {wanted} in ParkingQueue, and found none"
    raise CouldNot(what, "`idle-jobs parked` lists the messages")
