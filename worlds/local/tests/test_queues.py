"""What the queues of one machine tell, as SQS would tell it."""

from datetime import timedelta

from local.runner import Runner

QUEUE = "RequestQueue"


def test_the_age_of_the_oldest_leaves_out_what_was_received_three_times(
    stack: Runner,
) -> None:
    """SQS then tells the age of the next one, and none if there is no other."""
    empty = stack.queues.age_of_oldest(QUEUE)
    stack.queues.send(QUEUE, "first")
    ages = []
    for _ in range(3):
        stack.shift(timedelta(hours=1))
        ages.append(stack.queues.age_of_oldest(QUEUE))
        assert len(stack.queues.receive(QUEUE, 1)) == 1
    thrice = stack.queues.age_of_oldest(QUEUE)
    stack.queues.send(QUEUE, "second")
    stack.shift(timedelta(minutes=1))

    assert [round(age) for age in ages] == [3600, 7200, 10_800]
    assert (empty, thrice) == (0, 0)
    assert round(stack.queues.age_of_oldest(QUEUE)) == 60
