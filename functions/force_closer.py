"""ForceCloser: handles what the Closer could not close. Only it may force."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from idle_jobs import cold_start
from idle_jobs.closing import close_batch
from idle_jobs.doctor.report import asks_for_doctor, report
from idle_jobs.services import invoked, seconds_left
from idle_jobs.steps.role import Role
from idle_jobs.telemetry import NAMESPACE, SERVICE

logger = Logger(service="force_closer")
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
cold_start.end()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Handle a batch of ForceQueue, or a request for the doctor's report."""
    if asks_for_doctor(event):
        return report(closes=True)
    with invoked("force_queue_url", logger, metrics, context) as services:
        may_force = replace(services, role=Role(services.rules, may_force=True))
        return close_batch(event, may_force, seconds_left(context))
