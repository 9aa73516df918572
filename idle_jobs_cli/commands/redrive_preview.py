"""`idle-jobs redrive --dry-run`: what the Sweeper would do with parked messages."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs_cli.cluster.reading import read_jobs
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.output.formats import Format, write
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.planning.preview import FATE_FIELDS, Fate, Preview, preview
from idle_jobs_cli.stack.ledger import as_the_sweeper
from idle_jobs_cli.stack.parking import Parked, counted

EMPTY = {**dict.fromkeys(FATE_FIELDS, ""), "memory_bytes": 0}


def show_fates(where: Where, messages: Sequence[Parked], output: Format) -> None:
    """Read the cluster of a stack; write what would become of each message."""
    seen: list[tuple[Parked, Preview]] = []
    if messages:
        target = open_target(where, os.environ)
        _, jobs, now = read_jobs(target)
        jobs = as_the_sweeper(target, jobs, now)
        seen = [(each, _preview(each, target, jobs, now)) for each in messages]
    if output is not Format.TABLE:
        rows = [row for message, each in seen for row in _rows(message, each)]
        write({"jobs": rows}, "jobs", output, ("message_id", *FATE_FIELDS))
        return
    console = open_console()
    for message, each in seen:
        console.print(Text(message.message_id), soft_wrap=True)
        lines = [each.ends] if each.ends else map(told, each.fates)
        for line in lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
    console.print(f"{counted(len(messages))} would be moved. Nothing was moved.")


def _preview(
    message: Parked, target: Target, jobs: Sequence[Job], now: datetime
) -> Preview:
    try:
        request = parse_request(
            message.redriven, request_id=message.message_id, sent_at=now, now=now
        )
    except BadBody as bad:
        return Preview(ends=f"{Ended.PARKED}: {bad.reason}: {bad}")
    if request.cluster not in ("", target.cluster_name):
        why = f"cluster: expected {target.cluster_name}, got {request.cluster}"
        return Preview(ends=f"{Ended.PARKED}: {Reason.FOREIGN_CLUSTER}: {why}")
    return preview(request, jobs, now, target.rules)


def _rows(message: Parked, seen: Preview) -> Iterator[dict[str, Any]]:
    """Yield a row for each job; one without a state if the message ends as a whole."""
    of = {"message_id": message.message_id}
    if seen.ends:
        job_id = message.printable_field("job_id")
        yield {**of, **EMPTY, "job_id": job_id, "first_step": seen.ends}
    for fate in seen.fates:
        yield {**of, **fate.fields()}


def told(fate: Fate) -> str:
    """Return the first step for one job, and the verdict of a sweep on it."""
    step = f"{fate.step}, {fate.why}" if fate.why else fate.step
    return f"{fate.job.job_id}: {step} (a sweep says {fate.judged})"
