"""`idle-jobs redrive`: moves parked messages back to RequestQueue.

Each message is sent with its first id and time, and then deleted. If the command is
killed in between, it is in both queues. Closing a job twice does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import click

from idle_jobs.messages.terms import Mode
from idle_jobs.times import moment, spoken
from idle_jobs_cli.commands.options import command, stack_option
from idle_jobs_cli.commands.redrive_preview import tell_fates
from idle_jobs_cli.commands.waiting import Waiting, wait_option
from idle_jobs_cli.exits import BadInput, CouldNot, Exit
from idle_jobs_cli.stack.mode import read_mode
from idle_jobs_cli.stack.outcomes import Awaited
from idle_jobs_cli.stack.parking import Parked, counted, held, printable
from idle_jobs_cli.stack.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

IN_MODE = {
    Mode.OBSERVE: "mode: observe, so moved messages end as `skipped: mode_is_observe`",
    Mode.PAUSED: "mode: paused, so moved messages wait until `idle-jobs resume`",
}
ONE_OF = "expected one of --id, --job and --all"

Choice = Callable[[Parked], bool]


@dataclass(frozen=True, slots=True)
class Moved:
    """A message that was moved to RequestQueue, with its new message id."""

    parked: Parked
    new_id: str

    @property
    def request_id(self) -> str:
        """Return the request id in its outcome."""
        return printable(self.parked.asked_first.get("request_id") or self.new_id)


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
@stack_option
def redrive(
    message_id: str | None,
    job: str | None,
    every: bool,
    dry_run: bool,
    wait: float | None,
    stack: str,
) -> Exit:
    """Move parked messages back to RequestQueue, where they are judged again.

    With --dry-run, it reads the cluster of the stack, says for each message what the
    Sweeper would do with it, and moves nothing.
    """
    choice = _choice(message_id, job, every=every)
    found, start = Stack.find(stack), datetime.now(UTC)
    if (mode := read_mode(found)) in IN_MODE:
        print(IN_MODE[Mode(mode)])
    if dry_run:
        with held(boto3.client("sqs"), found["ParkingQueue"]) as messages:
            chosen = [*filter(choice, messages)]
            _needed(chosen, message_id, job)
            tell_fates(found, chosen)
        return Exit.DONE
    moved = _moved(found, choice)
    _needed(moved, message_id, job)
    print(f"{counted(len(moved))} moved to RequestQueue.")
    if not moved or wait is None:
        return Exit.DONE
    requests = [Awaited(each.request_id, each.new_id) for each in moved]
    return Waiting().wait(found, requests, start, wait)


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


def _moved(stack: Stack, chosen: Choice) -> list[Moved]:
    """Move the chosen messages to RequestQueue, and print a line for each."""
    sqs, expires_after = boto3.client("sqs"), stack.expires_after()
    moved = []
    with held(sqs, stack["ParkingQueue"]) as messages:
        for message in filter(chosen, messages):
            moved.append(_move(sqs, message, stack))
            _tell(moved[-1], expires_after, datetime.now(UTC))
    return moved


def _move(sqs: "SQSClient", message: Parked, stack: Stack) -> Moved:
    queue, body = stack["RequestQueue"], message.redriven
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body)
    sqs.delete_message(QueueUrl=stack["ParkingQueue"], ReceiptHandle=message.receipt)
    return Moved(message, sent["MessageId"])


def _tell(moved: Moved, expires_after: timedelta, now: datetime) -> None:
    print(f"moved {moved.parked.message_id}, now {moved.new_id}")
    job = moved.parked.printable_field("job_id") or "no readable job_id"
    print(f"  {job}: its outcome will have the request_id {moved.request_id}")
    if age := _expired(moved.parked, expires_after, now):
        limit = spoken(expires_after)
        asked = f"requested {spoken(age)} ago, over {limit}"
        print(f"  {asked}: closes the job only if it is idle")


def _expired(
    message: Parked, expires_after: timedelta, now: datetime
) -> timedelta | None:
    """Return the age of a request that has expired, otherwise None."""
    try:
        age = now - moment(message.asked_first.get("requested_at"))
    except ValueError:
        return None
    asks_for_idle = message.fields.get("only_if_idle") is True
    return age if age > expires_after and not asks_for_idle else None
