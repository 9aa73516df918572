"""Sweeper: turns a schedule or a request into close messages, one for each job.

A scheduled event is a request for every job that is idle. The Sweeper closes nothing:
it reads the cluster, and `sweeping` resolves, judges, limits and sends.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from idle_jobs import cold_start
from idle_jobs.batch import (
    NOTHING_STAYS,
    BatchResponse,
    NotFinished,
    Stopped,
    give_back,
    handle_batch,
    in_time,
    mode_of,
    park_body,
    records_of,
)
from idle_jobs.doctor.report import asks_for_doctor, report
from idle_jobs.errors import ClusterError, Refused
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.records import Record
from idle_jobs.messages.request import Request, parse_request, sweep_request
from idle_jobs.messages.terms import Mode
from idle_jobs.modes import NOBODY
from idle_jobs.policy.limits import Read
from idle_jobs.reading import read_all, read_open
from idle_jobs.services import Services, invoked, seconds_left
from idle_jobs.steps.deadlines import LONGEST_WAIT
from idle_jobs.sweeping import park_request, refuse_other_cluster, sweep, sweep_nothing
from idle_jobs.telemetry import NAMESPACE, SERVICE
from idle_jobs.times import CLOCKS_APART, moment, rfc3339, spoken

logger = Logger(service="sweeper")
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
cold_start.end()

# A rule of EventBridge, or EventBridge Scheduler, whose event template.yaml writes.
SCHEDULES = ("aws.events", "aws.scheduler")

# Lambda drops an event that it could not deliver within this time (template.yaml).
OLDEST_EVENT = timedelta(minutes=15)


def sweep_at_once(request: Request, services: Services) -> dict[str, Any]:
    """Sweep for a request that waits for its answer; return the summary.

    Raises ClusterError if the cluster cannot be read.
    """
    refuse_other_cluster(request, services)
    mode = mode_of(services)
    if isinstance(mode, Stopped):
        return sweep_nothing(request, services, services.clock())
    try:
        read = read_open(services) if request.is_sweep else read_all(services)
    except ClusterError as error:
        services.telemetry.trouble(error)
        raise
    return sweep(request, read, services, services.clock(), mode)


def sweep_on_schedule(request: Request, services: Services) -> dict[str, Any]:
    """Sweep for a schedule; a refusal is told, and no error.

    Lambda runs a sweep that raises twice more, which changes nothing about a refusal.
    """
    try:
        return sweep_at_once(request, services)
    except Refused as refused:
        return {"request_id": request.request_id, "refused": str(refused)}


def answer_requests(
    event: object, services: Services, left: Callable[[], float]
) -> BatchResponse:
    """Handle a batch of RequestQueue; return which records stay in the queue.

    Cluster and ledger are read once for the whole batch. If the cluster cannot be read,
    every request waits.
    """
    if not (records := records_of(event, services)):
        return NOTHING_STAYS
    if isinstance(mode := mode_of(services), Stopped):
        return handle_batch(records, give_back(mode), services, services.clock())
    try:
        read: Read | ClusterError = read_all(services)
    except ClusterError as error:
        services.telemetry.trouble(error)
        read = error
    now = services.clock()

    def answer(record: Record) -> None:
        try:
            request = parse_request(
                record.body,
                request_id=record.message_id,
                sent_at=record.sent_at,
                now=now,
                sent_by=record.sent_by,
            )
        except BadBody as bad:
            return park_body(record, bad, services, now)
        try:
            _answer(request, read, services, now, mode)
        except BadBody as bad:
            park_request(request, record.body, bad, services)

    return handle_batch(records, in_time(answer, left), services, now)


def _answer(
    request: Request,
    read: Read | ClusterError,
    services: Services,
    now: datetime,
    mode: Mode,
) -> None:
    refuse_other_cluster(request, services)
    if isinstance(read, ClusterError):
        if now - request.sent_at >= services.rules.park_after:
            raise BadBody(str(read), read.reason)
        raise NotFinished(LONGEST_WAIT)
    sweep(request, read, services, now, mode)


def scheduled(event: Mapping[str, Any], now: datetime) -> Request:
    """Return the request of a scheduled event; its `time` is the time of the request.

    Raises BadBody if that time is not within the last 15 minutes: the event is then a
    sample or an old event that somebody sent again.
    """
    try:
        time = moment(event.get("time"))
        # The clocks of EventBridge and of this function may differ.
        if not -CLOCKS_APART <= now - time <= OLDEST_EVENT + CLOCKS_APART:
            raise ValueError(
                f"expected a time in the {spoken(OLDEST_EVENT)} before {rfc3339(now)}, "
                f"got {rfc3339(time)}; write the present time into the event"
            )
    except ValueError as error:
        raise BadBody(f"time: {error}") from None
    event_id = event.get("id")
    if not isinstance(event_id, str) or not event_id:
        raise BadBody(f"id: expected the event's id, got {event_id!r:.60}")
    return sweep_request(event_id, min(time, now))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Handle a batch of RequestQueue, a scheduled event, or a direct invocation.

    That is a request, or `{"doctor": true}` for the doctor's report.
    """
    if asks_for_doctor(event):
        return report(closes=False)
    with invoked("request_queue_url", logger, metrics, context) as services:
        fields = event if isinstance(event, dict) else {}
        if "Records" in fields:
            return answer_requests(fields, services, seconds_left(context))
        if fields.get("source") in SCHEDULES:
            request = scheduled(fields, services.clock())
            if services.ask_mode_set().by == NOBODY:
                # A new stack: each sweep says if it works, until the mode is set.
                services.telemetry.examined(report(closes=False))
            return sweep_on_schedule(request, services)
        request_id, now = context.aws_request_id, services.clock()
        body = json.dumps(event)
        request = parse_request(body, request_id=request_id, sent_at=now, now=now)
        return sweep_at_once(request, services)
