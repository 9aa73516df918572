"""The queue behaves as SQS's standard queues do."""

from benchmark.timed_queue import TimedQueue, event_of


def test_a_message_is_hidden_while_it_is_handled() -> None:
    """It comes back after the visibility timeout, and its deliveries are counted."""
    queue = TimedQueue("CloseQueue", 720)
    queue.send("a", now=0)
    (first,) = queue.receive(10, now=1)
    receipt = first.receipt
    hidden = queue.receive(10, now=720)
    (again,) = queue.receive(10, now=721)

    assert hidden == []
    assert (again.body, again.receives) == ("a", 2)
    assert again.receipt != receipt


def test_a_delay_and_a_visibility_timeout_say_when_it_comes() -> None:
    """Only the last receipt can change it."""
    queue = TimedQueue("CloseQueue", 720)
    queue.send("a", now=0, delay=5)
    early = queue.next_visible()
    (message,) = queue.receive(10, now=5)

    assert early == 5
    assert queue.hide(message.receipt, 10, now=6)
    assert queue.next_visible() == 16
    assert not queue.hide("CloseQueue-1/7", 0, now=6)
    assert not queue.hide("CloseQueue-9/1", 0, now=6)


def test_what_waits_is_counted_without_what_is_delayed() -> None:
    """As SQS tells them apart: what was received is invisible, and not delayed."""
    queue = TimedQueue("CloseQueue", 720)
    for delay in (0, 0, 60):
        queue.send("a", now=0, delay=delay)
    queue.receive(1, now=1)

    assert (queue.waiting(now=1), queue.waiting(now=60)) == (2, 3)


def test_a_batch_has_the_oldest_messages() -> None:
    """As many as are asked for; a deleted message does not come back."""
    queue = TimedQueue("CloseQueue", 30)
    for number in range(3):
        queue.send(str(number), now=-number)
    batch = queue.receive(2, now=0)
    for message in batch:
        queue.delete(message.message_id)

    assert [message.body for message in batch] == ["2", "1"]
    assert len(queue) == 1
    assert [message.body for message in queue.receive(2, now=99)] == ["0"]


def test_an_empty_queue_has_nothing_to_wait_for() -> None:
    """No time can be given for its next message."""
    assert TimedQueue("CloseQueue", 30).next_visible() is None


def test_a_function_gets_records_as_of_sqs() -> None:
    """The times are those of the world, and not of the queue's clock."""
    queue = TimedQueue("CloseQueue", 30)
    queue.send("a", now=2)
    (record,) = event_of(queue, queue.receive(1, now=3), epoch=1000)["Records"]

    assert record["attributes"]["SentTimestamp"] == "1002000"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["eventSourceARN"].endswith(":CloseQueue")
