"""Rows 18, 19, 20, 22 and 29: what the deployed template keeps from happening."""

from collections import defaultdict

import pytest

from rows.ringing import rings
from rows.translated import (
    ALARM,
    FUNCTION,
    MAPPING,
    QUEUE,
    ROLE,
    mapping_of,
    of_type,
    rings_after,
)

DAY = 86_400
OWN_QUEUE = {
    "Sweeper": "RequestQueue",
    "Closer": "CloseQueue",
    "ForceCloser": "ForceQueue",
}
ORDER = ["RequestQueue", "CloseQueue", "ForceQueue", "ParkingQueue"]


def rights_on_queues(function: str) -> dict[str, set[str]]:
    """Return what a function's role lets it do with queues, and with which ones."""
    [policy] = of_type(ROLE)[f"{function}Role"]["Policies"]
    rights: dict[str, set[str]] = defaultdict(set)
    for statement in policy["PolicyDocument"]["Statement"]:
        actions, on = statement["Action"], statement["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            if action.startswith(("sqs:", "*")):
                rights[action] |= {on} if isinstance(on, str) else set(on)
    return rights


@pytest.mark.row(18)
@pytest.mark.parametrize("function", OWN_QUEUE)
def test_row_18_visibility_is_six_times_the_timeout(function: str) -> None:
    """A message is hidden 6 x timeout + batching window: no second worker sees it."""
    mapping, timeout = mapping_of(function), of_type(FUNCTION)[function]["Timeout"]
    queue = of_type(QUEUE)[mapping["EventSourceArn"]]
    window = mapping.get("MaximumBatchingWindowInSeconds", 0)

    assert mapping["EventSourceArn"] == OWN_QUEUE[function]
    assert queue["VisibilityTimeout"] == 6 * timeout + window


@pytest.mark.row(19)
@pytest.mark.parametrize("queue", ORDER[:3])
def test_row_19_alarms_ring_days_before_a_message_expires(queue: str) -> None:
    """A queue keeps 6 days at least -> its age rings in 15 minutes, overdue in 25 h."""
    alarms, kept = of_type(ALARM), of_type(QUEUE)[queue]["MessageRetentionPeriod"]
    old, overdue = alarms["QueueOld"], alarms["WorkOverdue"]
    age = "ApproximateAgeOfOldestMessage"

    assert rings(old, {(age, queue, "Maximum"): old["Threshold"]})
    assert rings(overdue, {("WorkOverdue", "cluster", "Maximum"): 26 * 3600})
    assert old["Threshold"] + rings_after(old) <= 900
    # One of the hours that it looks back is enough.
    assert overdue["DatapointsToAlarm"] == 1
    assert overdue["Threshold"] + overdue["Period"] <= 26 * 3600 < kept - 2 * DAY
    assert old["AlarmActions"] == overdue["AlarmActions"] == ["AlarmTopic"]


@pytest.mark.row(20)
def test_row_20_each_queue_keeps_messages_longer_than_the_one_before() -> None:
    """A dead letter keeps its first send time -> 6, 6, 10 and 14 days, as they flow."""
    queues = of_type(QUEUE)
    days = {n: q["MessageRetentionPeriod"] / DAY for n, q in queues.items()}
    redrives = {
        (name, queue["RedrivePolicy"]["deadLetterTargetArn"])
        for name, queue in queues.items()
        if "RedrivePolicy" in queue
    }

    assert [days[name] for name in ORDER] == [6, 6, 10, 14]
    assert redrives == {
        ("RequestQueue", "ParkingQueue"),
        ("CloseQueue", "ForceQueue"),
        ("ForceQueue", "ParkingQueue"),
    }
    assert all(days[before] < days[after_it] for before, after_it in redrives)


@pytest.mark.row(22)
@pytest.mark.parametrize("function", OWN_QUEUE)
def test_row_22_no_role_sends_to_an_earlier_queue(function: str) -> None:
    """A loop needs the right to send back -> the Closer alone has it, on its own queue.

    That it sends each message back once is shown in test_looks.py.
    """
    own = OWN_QUEUE[function]
    later = set(ORDER[ORDER.index(own) + (function != "Closer") :])
    rights = rights_on_queues(function)
    on_own = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}
    on_own |= {"ChangeMessageVisibility"}

    assert rights.pop("sqs:SendMessage") == later
    assert rights == {f"sqs:{verb}": {own} for verb in on_own}


@pytest.mark.row(22)
def test_row_22_a_loop_would_be_cut_by_lambda() -> None:
    """A 16th turn -> Lambda stops it and AWS tells the account; no flow has as many.

    A message goes through each queue once, and twice more through CloseQueue.
    """
    # The Reopener reads no queue, and sends no message.
    assert set(OWN_QUEUE) == set(of_type(FUNCTION)) - {"Reopener"}
    assert not any("RecursiveLoop" in f for f in of_type(FUNCTION).values()), "cut"
    assert len(OWN_QUEUE) + 2 < 16


@pytest.mark.row(29)
def test_row_29_lambda_receives_no_more_than_may_run() -> None:
    """More wait than may run -> MaximumConcurrency stops receiving, not throttling."""
    most = sorted(
        (m["FunctionName"], m["ScalingConfig"]["MaximumConcurrency"])
        for m in of_type(MAPPING).values()
    )
    reserved = {
        name: function.get("ReservedConcurrentExecutions")
        for name, function in of_type(FUNCTION).items()
    }

    assert most == [("Closer", 3), ("ForceCloser", 2), ("Sweeper", 2)]
    assert set(reserved.values()) == {None}, "a smaller one would throttle receives"
