"""Writes the log lines, the metrics and the events of the application."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from threading import Lock

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from idle_jobs.errors import ClusterError, Refused
from idle_jobs.event_bus import ANNOUNCEMENT, HALT, OUTCOME, EventBus
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended, OfOneJob, Outcome
from idle_jobs.reasons import Reason

# An invocation without metrics is normal: its jobs may still be closing.
warnings.filterwarnings("ignore", "No application metrics to publish")

# At level DEBUG these two log secrets and signatures.
for _name in ("botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)

NAMESPACE = "IdleJobCloser"
SERVICE = "idle-job-closer"


class Metric(StrEnum):
    """Every metric, at most 20; its dimensions are `service` and `cluster` alone."""

    SWEEP_HALTED = "SweepHalted"
    JOBS_CLOSED = "JobsClosed"
    JOBS_FORCE_CLOSED = "JobsForceClosed"
    JOBS_REOPENED = "JobsReopened"
    JOBS_PARKED = "JobsParked"
    JOBS_STUCK = "JobsStuck"
    JOBS_UNCLOSABLE = "JobsUnclosable"
    JOBS_STUCK_OPENING = "JobsStuckOpening"
    JOBS_NEED_ATTENTION = "JobsNeedAttention"
    MEMORY_FREED = "MemoryFreed"
    MEMORY_OPEN = "MemoryOpen"
    MEMORY_IDLE = "MemoryIdle"
    MEMORY_SAVED = "MemorySaved"
    WORK_FAILED = "WorkFailed"
    CLUSTER_REFUSED = "ClusterRefused"
    MODE_UNREADABLE = "ModeUnreadable"
    MODE_PAUSED = "ModePaused"
    RECORDS_BROKEN = "RecordsBroken"
    WORK_OVERDUE = "WorkOverdue"


_UNITS = {m: MetricUnit.Bytes for m in Metric if m.startswith("Memory")} | {
    Metric.WORK_OVERDUE: MetricUnit.Seconds,
    Metric.MODE_PAUSED: MetricUnit.Seconds,
}
# Each of these is also counted in the metric for which an alarm rings. An alarm is
# charged by the metrics that it reads, and a metric only while it is told.
_RINGS = {
    Metric.CLUSTER_REFUSED: Metric.WORK_FAILED,
    Metric.MODE_UNREADABLE: Metric.WORK_FAILED,
    Metric.RECORDS_BROKEN: Metric.WORK_FAILED,
    Metric.JOBS_UNCLOSABLE: Metric.JOBS_STUCK,
    Metric.JOBS_STUCK_OPENING: Metric.JOBS_STUCK,
    Metric.MODE_PAUSED: Metric.WORK_OVERDUE,
}
_METRIC_OF = {
    Ended.CLOSED: Metric.JOBS_CLOSED,
    Ended.FORCE_CLOSED: Metric.JOBS_FORCE_CLOSED,
    Ended.PARKED: Metric.JOBS_PARKED,
}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Reports what happened, once for each job and once for each run.

    The Closer handles messages in threads, and Powertools' metrics are not
    thread-safe: hence the lock. `bus` is None if nobody wants events. With a
    `dashboard`, each sweep also tells the metrics that only the dashboard shows.
    """

    logger: Logger
    metrics: Metrics
    bus: EventBus | None = None
    dashboard: bool = False
    lock: Lock = field(default_factory=Lock)

    def count(self, metric: Metric, value: float = 1) -> None:
        """Add to a metric, and to the one that rings for it."""
        with self.lock:
            for each in filter(None, (metric, _RINGS.get(metric))):
                unit = _UNITS.get(each, MetricUnit.Count)
                self.metrics.add_metric(name=each, unit=unit, value=value)

    def outcome(
        self, outcome: Outcome, *, counted: bool = True, logged: bool = True
    ) -> None:
        """Report the end of a request for a job; count it unless it was counted."""
        fields = outcome.in_plain_values()
        if logged:
            self.logger.info("outcome", extra=fields)
        if self.bus:
            self.bus.add(OUTCOME, fields)
        if not counted:
            return
        if metric := _METRIC_OF.get(outcome.ended):
            self.count(metric)
        if outcome.memory_bytes:
            self.count(Metric.MEMORY_FREED, outcome.memory_bytes)
        if outcome.reason is Reason.COULD_NOT_CLOSE:
            self.count(Metric.JOBS_UNCLOSABLE)

    def verdict(self, fields: Mapping[str, object], request_id: str) -> None:
        """Report what a sweep decided about a job, why, and whether it is sent."""
        self.logger.info("verdict", extra={"request_id": request_id, **fields})

    def swept(self, summary: Mapping[str, object]) -> None:
        """Report a finished sweep, or a request that was answered."""
        numbers = {k: v for k, v in summary.items() if k != "jobs"}
        self.logger.info("swept", extra=numbers)

    def halted(self, fields: Mapping[str, object]) -> None:
        """Report the jobs of one mass event, which a sweep holds; `swept` logs them."""
        if self.bus:
            self.bus.add(HALT, fields)

    def announced(self, fields: Mapping[str, object]) -> None:
        """Report an idle job to its owner, before it is closed or in place of it."""
        self.logger.info("announced", extra=dict(fields))
        if self.bus:
            self.bus.add(ANNOUNCEMENT, fields)

    def send_events(self, seconds_left: Callable[[], float]) -> None:
        """Send the events of this invocation; those that are refused are lost."""
        if self.bus and (lost := self.bus.send(seconds_left)):
            self.logger.warning("event_failed", extra=asdict(lost))

    def examined(self, report: Mapping[str, object]) -> None:
        """Report what the doctor of a new stack found."""
        self.logger.info("doctor", extra=dict(report))

    def sent(self, message: CloseMessage, queue: str, why: str) -> None:
        """Report a message that was sent to another queue."""
        self.logger.info("sent", extra=_ids(message) | {"queue": queue, "why": why})

    def posted(self, message: OfOneJob, step: str, answer: str) -> None:
        """Report a call that closes or opens a job, and its answer."""
        fields = {"step": step, "answer": answer}
        self.logger.info("posted", extra=_ids(message) | fields)

    def waiting(self, message: CloseMessage, why: str, wait: float) -> None:
        """Report a message that waits in its queue, and for how long."""
        fields = {"why": why, "seconds": round(wait)}
        self.logger.info("waiting", extra=_ids(message) | fields)

    def no_room(self, held: Sequence[CloseMessage], limit: int) -> None:
        """Report the messages of a batch that wait because many jobs are closing."""
        if ids := [message.job_id for message in held]:
            fields = {"why": Reason.MANY_CLOSING, "limit": limit, "job_ids": ids}
            self.logger.info("no_room", extra=fields)

    def trouble(self, error: ClusterError) -> None:
        """Report a read that failed, or a post that was refused."""
        detail = {"reason": error.reason, "detail": str(error)}
        self.logger.warning("cluster_trouble", extra=detail)
        if isinstance(error, Refused):
            self.count(Metric.CLUSTER_REFUSED)

    def visibility_failed(self, detail: str) -> None:
        """Report visibility timeouts that could not be set: messages come late."""
        self.logger.warning("visibility_failed", extra={"detail": detail})

    def ledger_away(self, job_id: str, error: Exception) -> None:
        """Report a ledger that took no item of a job; "" if it could not be read."""
        fields = {"job_id": job_id, "detail": str(error)}
        self.logger.error("ledger_away", extra=fields)

    def digested(self, error: str = "") -> None:
        """Report a digest that was published, or that SNS did not take."""
        if error:
            self.logger.error("digest_failed", extra={"detail": error})
        else:
            self.logger.info("digest_sent")

    def mode_unreadable(self, error: Exception) -> None:
        """Report a mode that could not be read; it counts as `paused`."""
        self.logger.error("mode_unreadable", extra={"detail": str(error)})
        self.count(Metric.MODE_UNREADABLE)

    def broken(self, message_id: str, error: BaseException) -> None:
        """Report a record that raised an unexpected exception; it is tried again."""
        fields = {"message_id": message_id}
        self.logger.error("record_broken", extra=fields, exc_info=error)
        self.count(Metric.RECORDS_BROKEN)


def _ids(message: OfOneJob) -> dict[str, object]:
    return {"job_id": message.job_id, "request_id": message.request_id}
