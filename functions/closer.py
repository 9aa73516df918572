"""Closer: takes the next step for each message of CloseQueue; it never forces."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from idle_jobs import cold_start
from idle_jobs.closing import close_batch
from idle_jobs.doctor.report import asks_for_doctor, report
from idle_jobs.services import invoked, seconds_left
from idle_jobs.telemetry import NAMESPACE, SERVICE

logger = Logger(service="closer")
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
cold_start.end()

# All messages of a batch at once: none waits while their read of the cluster gets old.
# The threads outlive an invocation, and with them the connection that each has open.
LOOKS = ThreadPoolExecutor(10)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Handle a batch of CloseQueue, or a request for the doctor's report."""
    if asks_for_doctor(event):
        return report(closes=True)
    with invoked("close_queue_url", logger, metrics, context) as services:
        return close_batch(event, services, seconds_left(context), side_by_side)


def side_by_side(act: Callable[[Any], Any], messages: Iterable[Any]) -> Iterable[Any]:
    """Return what becomes of each message, once all of them have an end.

    Whatever happens, no thread goes on after its invocation: it would post in the next
    one, on what it knew long ago.
    """
    looks = [LOOKS.submit(act, message) for message in messages]
    wait(looks)
    return [look.result() for look in looks]
