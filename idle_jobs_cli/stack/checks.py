"""Tests a deployed stack from outside: its mappings, schedule, queues and alarms."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from idle_jobs.doctor.finding import Finding, fail, ok, warn
from idle_jobs_cli.checking.schedules import alarm_too_early
from idle_jobs_cli.stack.stack import MAPPING, Stack

# One of them begins the sweeps: the schedule if the stack has a time zone.
RULE, SCHEDULE = "SweepRule", "SweepSchedule"


def check_stack(stack: Stack) -> Iterator[Finding]:
    """Yield the findings about the resources around the functions."""
    for name, check in CHECKS.items():
        try:
            yield check(stack)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            then = "docs/operating.md lists the permissions of each command"
            yield warn(name, f"AWS refused to say: {code}", then)


def _mappings(stack: Stack) -> Finding:
    lambdas = boto3.client("lambda")
    states = {
        name: lambdas.get_event_source_mapping(UUID=uuid)["State"]
        for name, uuid in stack.of_type(MAPPING).items()
    }
    off = [name for name, state in states.items() if state != "Enabled"]
    if off:
        then = "`idle-jobs resume`"
        return warn("mappings", f"not enabled: {', '.join(off)}", then)
    return ok("mappings", f"{len(states)} enabled")


def _schedule(stack: Stack) -> Finding:
    """Return whether the rule, or what takes its place, begins sweeps."""
    found: Mapping[str, Any]
    if SCHEDULE in stack.resources:
        found = boto3.client("scheduler").get_schedule(Name=stack[SCHEDULE])
    else:
        found = boto3.client("events").describe_rule(Name=stack[RULE])
    expression = found.get("ScheduleExpression", "")
    zone = found.get("ScheduleExpressionTimezone", "UTC")
    saw = f"{found['State'].lower()}, {expression} in {zone}"
    if found["State"] != "ENABLED":
        return fail("schedule", saw, "enable it: no sweep begins without it")
    hours = int(stack.parameters().get("SweepAlarmHours", "2"))
    if then := alarm_too_early(expression, zone, hours, datetime.now(UTC)):
        return warn("schedule", f"{saw}; SweepMissing rings after {hours}h", then)
    return ok("schedule", saw)


def _parked(stack: Stack) -> Finding:
    answer = boto3.client("sqs").get_queue_attributes(
        QueueUrl=stack["ParkingQueue"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    waiting = int(answer["Attributes"]["ApproximateNumberOfMessages"])
    if waiting:
        return warn("parked", f"{waiting} requests wait for you", "`idle-jobs parked`")
    return ok("parked", "nothing waits for a person")


def _alarms(stack: Stack) -> Finding:
    topic = stack.parameters().get("ExistingTopicArn") or stack["AlarmTopic"]
    return _subscribed("alarms", topic, "no alarm is heard")


def _digests(stack: Stack) -> Finding:
    if not (topic := stack.resources.get("DigestTopic")):
        return ok("digests", "none are published")
    return _subscribed("digests", topic[1], "nobody reads a digest")


def _subscribed(name: str, topic: str, otherwise: str) -> Finding:
    answer = boto3.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    arns = [each["SubscriptionArn"] for each in answer["Subscriptions"]]
    confirmed = [arn for arn in arns if arn.startswith("arn:")]
    if not confirmed:
        pending = len(arns) - len(confirmed)
        saw = "nobody is subscribed" if not pending else f"{pending} not confirmed yet"
        then = f"subscribe somebody to the topic, and confirm; else {otherwise}"
        return warn(name, saw, then)
    return ok(name, f"{len(confirmed)} subscribed")


CHECKS = {
    "mappings": _mappings,
    "schedule": _schedule,
    "parked": _parked,
    "alarms": _alarms,
    "digests": _digests,
}
