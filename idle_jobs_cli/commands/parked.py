"""Lists the messages in ParkingQueue: `make parked`."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import boto3

from idle_jobs.times import spoken
from idle_jobs_cli.stack.command import Options, run
from idle_jobs_cli.stack.parking import Parked, counted, held
from idle_jobs_cli.stack.stack import Stack

HEADINGS = ("MESSAGE ID", "AGE", "JOB", "REQUEST", "BY", "REASON")


def table(messages: Iterable[Parked], now: datetime) -> list[str]:
    """Return messages as a table, in lines of plain text."""
    rows = [HEADINGS, *(_row(message, now) for message in messages)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _row(message: Parked, now: datetime) -> tuple[str, ...]:
    fields = [
        message.printable_field(name)
        for name in ("job_id", "request_id", "requested_by")
    ]
    cut = (field if len(field) <= 40 else f"{field[:37]}..." for field in fields)
    age = spoken(now - message.sent_at)
    shown = (field or "-" for field in cut)
    return (message.message_id, age, *shown, message.reason)


def main(argv: Sequence[str] | None = None) -> int:
    """List the parked messages; return the exit code."""
    return run(lambda: _main(argv))


def _main(argv: Sequence[str] | None) -> None:
    stack = Stack.find(Options("parked", "List the parked messages.").read(argv).stack)
    with held(boto3.client("sqs"), stack["ParkingQueue"]) as messages:
        found = table(messages, datetime.now(UTC)) if messages else []
    print(*found, f"{counted(len(messages))} in ParkingQueue.", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
