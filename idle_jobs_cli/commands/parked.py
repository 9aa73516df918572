"""`idle-jobs parked`: lists the messages in ParkingQueue."""

from datetime import UTC, datetime
from typing import Any

import boto3

from idle_jobs.times import rfc3339, spoken
from idle_jobs_cli.commands.options import command, stack_option
from idle_jobs_cli.exits import Exit
from idle_jobs_cli.output.formats import Format, output_option, write
from idle_jobs_cli.output.tables import Column, Row, show
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.stack.parking import Parked, counted, held
from idle_jobs_cli.stack.stack import Stack

COLUMNS = (
    Column("message id"),
    Column("age", drop=3),
    Column("job"),
    Column("request", drop=1),
    Column("by", drop=2),
    Column("reason", cut=True),
)
FIELDS = ("message_id", "sent_at", "job_id", "request_id", "requested_by", "reason")
LONGEST_CELL = 64  # as long as a job id can be


@command(
    "parked",
    ["idle-jobs parked", "idle-jobs parked -o json | jq '.messages[].reason'"],
)
@stack_option
@output_option
def parked(stack: str, output: Format) -> Exit:
    """List the messages in the ParkingQueue of a deployed stack, and leave them there.

    The exit code is 3 if there are any.
    """
    found = Stack.find(stack)
    with held(boto3.client("sqs"), found["ParkingQueue"]) as messages:
        if output is Format.TABLE:
            _print(messages, datetime.now(UTC))
        else:
            document = {"messages": [_entry(message) for message in messages]}
            write(document, "messages", output, FIELDS)
    return Exit.LEFT_FOR_YOU if messages else Exit.DONE


def _print(messages: list[Parked], now: datetime) -> None:
    console = open_console()
    if messages:
        show(console, COLUMNS, (_row(message, now) for message in messages))
    console.print(f"{counted(len(messages))} in ParkingQueue.")


def _row(message: Parked, now: datetime) -> Row:
    job, request, by = (
        _cut(message.printable_field(name)) or "-"
        for name in ("job_id", "request_id", "requested_by")
    )
    age = spoken(now - message.sent_at)
    return Row((message.message_id, age, job, request, by, message.reason))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 3]}..."


def _entry(message: Parked) -> dict[str, Any]:
    fields = ("job_id", "request_id", "requested_by")
    return {
        "message_id": message.message_id,
        "sent_at": rfc3339(message.sent_at),
        **{name: message.printable_field(name) for name in fields},
        "reason": message.reason,
    }
