"""What goes out: log lines for people, metrics for alarms."""

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from bench import Bench
from builders import closed_job, persons_message
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.reasons import Reason
from idle_jobs.telemetry import NAMESPACE, SERVICE, Telemetry


@pytest.fixture
def telemetry(capsys: pytest.CaptureFixture[str]) -> Telemetry:
    """Return a telemetry that writes where `capsys` reads."""
    del capsys
    metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
    metrics.set_default_dimensions(cluster="demo")  # All Metrics share it.
    return Telemetry(Logger(service="test-telemetry"), metrics)


def emitted(telemetry: Telemetry, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the metrics that an invocation would end with."""
    capsys.readouterr()
    telemetry.metrics.flush_metrics()
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return line


ENDS = {
    "closed": (Ended.CLOSED, Reason.REQUESTED, {"JobsClosed", "MemoryFreed"}),
    "force closed": (
        Ended.FORCE_CLOSED,
        Reason.FAILED,
        {"JobsForceClosed", "MemoryFreed"},
    ),
    "parked": (Ended.PARKED, Reason.UNKNOWN, {"JobsParked"}),
    "unclosable": (
        Ended.SKIPPED,
        Reason.COULD_NOT_CLOSE,
        {"JobsUnclosable", "JobsStuck"},
    ),
}


@pytest.mark.parametrize(("ended", "reason", "metrics"), ENDS.values(), ids=ENDS.keys())
def test_each_end_has_its_metrics(
    telemetry: Telemetry,
    capsys: pytest.CaptureFixture[str],
    ended: Ended,
    reason: Reason,
    metrics: set[str],
) -> None:
    """The same value feeds the log line and the metric."""
    telemetry.outcome(outcome_of(persons_message(), closed_job(), ended, reason, ""))
    line = emitted(telemetry, capsys)

    assert metrics == {
        m["Name"] for m in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }


def test_an_announcement_is_told_without_a_bus() -> None:
    """The log has it, whoever listens."""
    bench = Bench()
    bench.services.telemetry.announced({"job_id": "web"})

    assert ["web"] == [line["job_id"] for line in bench.seen("announced")]
