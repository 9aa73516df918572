"""Moves parked messages back to RequestQueue: `make redrive`.

Each message is sent with its first id and time, and then deleted. If the command is
killed in between, it is in both queues. Closing a job twice does no harm.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3

from idle_jobs.messages.terms import Mode
from idle_jobs.times import moment, spoken
from idle_jobs_cli.commands.mode import read_mode
from idle_jobs_cli.stack.command import NotThere, Options, named, run
from idle_jobs_cli.stack.outcomes import follow
from idle_jobs_cli.stack.parking import Parked, counted, held, printable
from idle_jobs_cli.stack.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

IN_MODE = {
    Mode.OBSERVE: "mode: observe, so moved messages end as `skipped: mode_is_observe`",
    Mode.PAUSED: "mode: paused, so moved messages wait until `make resume`",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """A message that was moved to RequestQueue, with its new message id."""

    parked: Parked
    new_id: str

    @property
    def request_id(self) -> str:
        """Return the request id in its outcome."""
        return printable(self.parked.asked_first.get("request_id") or self.new_id)


def redrive(stack: Stack, chosen: Callable[[Parked], bool]) -> list[Moved]:
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


def seconds(text: str) -> float:
    """Return a number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        expected = f"expected seconds, such as 120, got {text!r:.60}"
        raise argparse.ArgumentTypeError(expected)
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Move the chosen messages, and wait for their outcomes; return the exit code."""
    return run(lambda: _main(argv))


def _main(argv: Sequence[str] | None) -> None:
    options = _read(argv)
    stack, start = Stack.find(options.stack), datetime.now(UTC)
    if (mode := read_mode(stack)) in IN_MODE:
        print(IN_MODE[Mode(mode)])
    moved = redrive(stack, _choice(options))
    if not moved and not options.all:
        wanted = options.id or f"of job {options.job}"
        raise NotThere(
            f"expected message {wanted} in ParkingQueue, and found none; `make parked` "
            "lists the messages"
        )
    print(f"{counted(len(moved))} moved to RequestQueue.")
    if moved and options.wait is not None:
        follow(stack, {m.new_id: m.request_id for m in moved}, start, options.wait)


def _read(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Options("redrive", "Move parked messages back to RequestQueue.")
    parser.add_argument("--id", type=named, help="the message with this id")
    parser.add_argument("--job", type=named, help="all messages of this job")
    parser.add_argument("--all", choices=["1"], help="all messages")
    parser.add_argument("--wait", type=seconds, help="seconds to wait for outcomes")
    options = parser.read(argv)
    if len([o for o in (options.id, options.job, options.all) if o]) != 1:
        parser.error("expected one of ID=message-id, JOB=job-id and ALL=1")
    return options


def _choice(options: argparse.Namespace) -> Callable[[Parked], bool]:
    if options.all:
        return lambda _: True
    if options.job:
        return lambda message: message.printable_field("job_id") == options.job
    return lambda message: message.message_id == options.id


if __name__ == "__main__":
    sys.exit(main())
