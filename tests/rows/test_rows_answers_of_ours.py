"""Rows 16 and 57: what the functions answer to Lambda, and what stays in the log."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from idle_jobs.services import open_services
from idle_jobs.telemetry import Metric
from local.runner import Runner
from rows.translated import mapping_of
from rows.wishes import ask, wish
from stacks import START, add_busy, add_idle, after
from standin.cluster import Fault

pytestmark = pytest.mark.slow

BODIES = {
    "Sweeper": ["{", json.dumps({"job_id": "web"}), json.dumps({"job_id": "nope"})],
    "Closer": ["{", wish("web"), wish("slow"), wish("nope")],
    "ForceCloser": [wish("slow")],
}
QUEUES = {
    "Sweeper": "RequestQueue",
    "Closer": "CloseQueue",
    "ForceCloser": "ForceQueue",
}


def nothing(_: Runner) -> None:
    """Let all be well."""


def pause(stack: Runner) -> None:
    """Let the mode be paused."""
    stack.set_mode("paused")


def hide(stack: Runner) -> None:
    """Let the cluster not be reached."""
    stack.cluster.faults.append(Fault(path=".", kind="refuse"))


def break_queues(stack: Runner) -> None:
    """Let nothing be sent on: each record that would be breaks."""
    for queue in ("CloseQueue", "ForceQueue", "ParkingQueue"):
        if stack.queues.bodies(queue) == []:
            stack.queues.remove(queue)


def run_out(stack: Runner) -> None:
    """Let no time be left."""
    stack.seconds_left = 1


@pytest.mark.row(16)
@pytest.mark.parametrize("function", QUEUES)
@pytest.mark.parametrize("world", [nothing, pause, hide, break_queues, run_out])
def test_row_16_every_answer_names_records_of_its_batch_and_nothing_else(
    stack: Runner, function: str, world: Callable[[Runner], None]
) -> None:
    """None would delete a whole batch, a wrong key repeat it -> neither is answered."""
    add_busy(stack, "web")
    add_idle(stack, "slow", close_takes=after(hours=1) - START)
    for body in BODIES[function]:
        stack.queues.send(QUEUES[function], body)
    event = {"Records": stack.queues.receive(QUEUES[function], 10)}
    world(stack)
    answer = json.loads(json.dumps(stack.call(function, event)))
    failures = answer["batchItemFailures"]
    ids = [failure["itemIdentifier"] for failure in failures]

    assert set(answer) == {"batchItemFailures"}
    assert all(set(failure) == {"itemIdentifier"} for failure in failures)
    assert set(ids) <= {record["messageId"] for record in event["Records"]}
    assert len(ids) == len(set(ids))


@pytest.mark.row(16)
@pytest.mark.parametrize("function", QUEUES)
def test_row_16_lambda_reads_the_answer_record_by_record(function: str) -> None:
    """Without ReportBatchItemFailures any answer would delete the whole batch."""
    assert mapping_of(function)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.row(16)
@pytest.mark.parametrize("records", [[], None, "x", {}])
@pytest.mark.parametrize("function", QUEUES)
def test_row_16_an_event_that_is_none_raises(
    stack: Runner, function: str, records: object
) -> None:
    """No records in it -> an error, which Lambda repeats, and never an empty answer."""
    answer = stack.invoke(function, {"Records": records})
    [(name, error)] = stack.errors

    assert (answer, name) == (None, function)
    assert "Records: expected SQS records" in str(error)


def counted(outcomes: list[dict[str, Any]]) -> dict[str, float]:
    """Count from the log alone what the metrics would say."""
    ends = [line["ended"] for line in outcomes]
    reasons = [line["reason"] for line in outcomes]
    return {
        Metric.JOBS_CLOSED: ends.count("closed"),
        Metric.JOBS_FORCE_CLOSED: ends.count("force_closed"),
        Metric.JOBS_PARKED: ends.count("parked"),
        Metric.JOBS_UNCLOSABLE: reasons.count("could_not_close"),
        Metric.MEMORY_FREED: sum(line.get("memory_bytes", 0) for line in outcomes),
    }


@pytest.mark.row(57)
def test_row_57_the_log_alone_says_what_the_metrics_would(stack: Runner) -> None:
    """EMF lines get lost -> each outcome's own line counts the same, to the byte."""
    add_idle(stack, "closed", memory="2gb")
    add_idle(stack, "failing", close_ends="failed")
    for job_id in ("refused", "unclosable"):
        add_idle(stack, job_id)
    bad = json.dumps({"error": {"type": "illegal_argument_exception", "reason": "no"}})
    path = "(refused|unclosable)/_close"
    stack.cluster.faults.append(Fault(path=path, status=400, body=bad.encode()))
    ask(stack, "closed", "failing", "unclosable")
    ask(stack, "refused", request_id="ann", only_if_idle=False, reason="")
    stack.run(after(minutes=10))
    measured = {metric: stack.metrics[metric] for metric in counted([])}

    assert counted(stack.outcomes()) == measured
    assert all(measured.values()), "each of them was measured"
    assert {line["request_id"] for line in stack.outcomes()} == {"sweep", "ann"}


@pytest.mark.row(57)
@pytest.mark.parametrize("function", QUEUES)
def test_row_57_all_metrics_of_a_cluster_are_at_most_twenty_series(
    stack: Runner, function: str
) -> None:
    """A dimension too many would multiply them -> `service` and `cluster`, no more."""
    with stack.inside(function) as module:
        services = open_services("close_queue_url", module.logger, module.metrics)
        for metric in Metric:
            services.telemetry.count(metric)
        line: dict[str, Any] = module.metrics.serialize_metric_set()
        module.metrics.clear_metrics()
    [directive] = line["_aws"]["CloudWatchMetrics"]

    assert [set(each) for each in directive["Dimensions"]] == [{"service", "cluster"}]
    assert (line["service"], line["cluster"]) == ("idle-job-closer", "demo")
    assert len(directive["Metrics"]) == len(Metric) <= 20
