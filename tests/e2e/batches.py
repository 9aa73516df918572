"""What tests ask of the closers, batch by batch, and what became of it."""

from datetime import timedelta

from e2e.artifact import ArtifactRunner
from idle_jobs.messages.close_message import CloseMessage, Evidence
from stacks import START


def ask(stack: ArtifactRunner, *job_ids: str) -> None:
    """Send what a sweep sends for jobs that it found idle."""
    seen = Evidence("opened", START - timedelta(days=10), None, "stopped")
    for job_id in job_ids:
        message = CloseMessage(
            cluster="demo",
            request_id="ask",
            job_id=job_id,
            requested_at=START,
            reason="idle_datafeed_stopped",
            evidence=seen,
        )
        stack.queues.send("CloseQueue", message.to_json())


def first_ends(stack: ArtifactRunner) -> dict[str, str]:
    """Return how each job ended first, which a request is counted by."""
    told = reversed(stack.outcomes())
    return {line["job_id"]: f"{line['ended']} {line['reason']}" for line in told}


def left(stack: ArtifactRunner) -> list[str]:
    """Return what is still in any queue."""
    return [body for queue in stack.queues.urls for body in stack.queues.bodies(queue)]
