"""Reopener: undoes closings of the application when a person asks for it.

No schedule, no queue and no other function invokes it: `idle-jobs undo` does. The mode
does not bind it, so that what was closed can be reopened while the mode is `paused`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from idle_jobs import cold_start
from idle_jobs.doctor.report import asks_for_doctor, report
from idle_jobs.messages.undo_request import Undo, parse_undo
from idle_jobs.reopening import reopen_closings
from idle_jobs.services import invoked, seconds_left
from idle_jobs.telemetry import NAMESPACE, SERVICE
from idle_jobs.undo_list import show_closings

logger = Logger(service="reopener")
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
cold_start.end()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Show the closings that are asked for, or undo some: see `messages.undo_request`.

    Raises BadBody, which names the field that is wrong, and if nothing could be read
    ClusterError or LedgerAway: nothing has been done then.
    """
    if asks_for_doctor(event):
        return report(closes=True)
    with invoked("", logger, metrics, context) as services:
        asked = parse_undo(event, now := services.clock())
        if isinstance(asked, Undo):
            return show_closings(asked, services)
        ends = now + timedelta(seconds=seconds_left(context)())
        return reopen_closings(asked, services, ends)
