"""`idle-jobs redrive --dry-run`: what the Sweeper would do with parked messages."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.text import Text

from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.policy.job import Job
from idle_jobs_cli.cluster.reading import read_jobs
from idle_jobs_cli.cluster.target import Target, open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.output.terminal import open_console
from idle_jobs_cli.planning.preview import Fate, preview
from idle_jobs_cli.stack.parking import Parked, counted
from idle_jobs_cli.stack.stack import Stack


def tell_fates(stack: Stack, messages: Sequence[Parked]) -> None:
    """Read the cluster of a stack; print what would become of each message."""
    console = open_console()
    if messages:
        target = open_target(Where(stack=stack.name), os.environ)
        _, jobs, now = read_jobs(target)
        for message in messages:
            console.print(Text(message.message_id), soft_wrap=True)
            for line in _fates(message, target, jobs, now):
                console.print(Text(f"  {line}"), soft_wrap=True)
    console.print(f"{counted(len(messages))} would be moved. Nothing was moved.")


def _fates(
    message: Parked, target: Target, jobs: Sequence[Job], now: datetime
) -> Iterator[str]:
    try:
        request = parse_request(
            message.redriven, request_id=message.message_id, sent_at=now, now=now
        )
    except BadBody as bad:
        yield f"parked again: {bad.reason}: {bad}"
        return
    if request.cluster not in ("", target.cluster_name):
        yield f"parked again: foreign_cluster: {request.cluster}"
        return
    seen = preview(request, jobs, now, target.rules)
    if seen.refusal:
        yield f"ends at once: {seen.refusal}"
    for fate in seen.fates:
        yield told(fate)


def told(fate: Fate) -> str:
    """Return the first step for one job, and the verdict of a sweep on it."""
    verdict = fate.verdict
    detail = f", {verdict.detail}" if verdict.detail else ""
    judged = f"a sweep says {verdict.action} {verdict.reason}{detail}"
    return f"{fate.job.job_id}: {fate.step} ({judged})"
