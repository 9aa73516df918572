"""Events of every shape, through the Sweeper and the two closers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW
from hostile.bodies import MESSAGE, REQUEST, record
from hostile.edge import Edge, edge
from hostile.elastic import Nonsense
from hostile.lines import answered_by
from hostile.texts import source
from idle_jobs.messages.readers import BadBody
from idle_jobs.times import rfc3339
from messages.test_envelopes import ENVELOPES
from steps.test_properties import json_values

pytestmark = pytest.mark.slow

FUNCTIONS = ("Sweeper", "Closer", "ForceCloser")
WISH = '{"job_id": "old-payments"}'
SNS = {"EventSource": "aws:sns", "Sns": {"MessageId": "n-1", "Message": WISH}}
S3 = {"eventSource": "aws:s3", "s3": {"object": {"key": "k"}}}
KINESIS = {"eventSource": "aws:kinesis", "kinesis": {"data": "e30="}}
ROWS = {"eventSource": "aws:dynamodb", "dynamodb": {"NewImage": {}}}
SWEEP = {"job_id": "*", "only_if_idle": True}
SCHEDULED = {
    "version": "0",
    "id": "e-1",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": rfc3339(NOW),
    "detail": {},
}
SHAPES: dict[str, object] = {
    **{name: body for name, (body, _) in ENVELOPES.items()},
    "a rule of EventBridge": SCHEDULED,
    "a rule's event without its id": {**SCHEDULED, "id": None},
    "a rule's event without its time": {**SCHEDULED, "time": None},
    "Scheduler with a payload of its own": SWEEP,
    "a payload of something else": {"action": "sweep"},
    "a body": {"job_id": "web", "only_if_idle": True},
    "a body in JSON in JSON": json.dumps(SWEEP),
    "a list": [SWEEP],
    "a number": 5,
    "true": True,
    "null": None,
    "nothing": {},
    "no records": {"Records": []},
    "records that are none": {"Records": "web"},
    "SNS": {"Records": [SNS]},
    "S3": {"Records": [S3]},
    "a body alone": {"Records": [{"body": "{}"}]},
    "Kinesis and DynamoDB": {"Records": [KINESIS, ROWS]},
}


@pytest.fixture(scope="module")
def at() -> Iterator[Edge]:
    """Yield the functions' edge, with a cluster that is honest."""
    with edge() as at, answered_by(Nonsense(source(0), spoils=0)):
        yield at


def good(function: str) -> dict[str, Any]:
    """Return a record as SQS hands it to a function."""
    fields = REQUEST if function == "Sweeper" else MESSAGE
    body = ", ".join(f'"{name}": {value}' for name, value in fields.items())
    return record(f"{{{body}}}", 0)


def ended(at: Edge, message: str) -> list[dict[str, Any]]:
    """Return the lines of the last invocation with this message."""
    return [line for line in at.stack.log if line["message"] == message]


def call(at: Edge, function: str, event: object) -> Any:
    """Hand a function an event, as Lambda does."""
    at.stack.log.clear()
    at.sent.clear()
    return at.stack.call(function, event)  # type: ignore[arg-type]


def answer_of(at: Edge, function: str, event: object) -> Any:
    """Return the answer, or the refusal."""
    try:
        return call(at, function, event)
    except BadBody as refused:
        return refused


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_an_answer_or_one_refusal(
    at: Edge, function: str, shape: str
) -> None:
    """It says what was expected, and what holds anything is kept for a person (F5)."""
    event = SHAPES[shape]
    answer = answer_of(at, function, event)
    if isinstance(answer, BadBody):
        assert "expected" in str(answer)
        assert at.sent == []
        return

    records = event.get("Records", []) if isinstance(event, dict) else []
    assert answer == {"batchItemFailures": []} if records else answer["mode"] == "close"
    assert len(records) == len(parked(at))
    assert not records or len(records) == len(ended(at, "outcome"))


def parked(at: Edge) -> list[str]:
    """Return the bodies that were parked."""
    ours = [e for e in at.sent if e["QueueUrl"].endswith("ParkingQueue")]
    return [entry["MessageBody"] for entry in ours]


LACKING = [
    {name: value for name, value in record("{}", 1).items() if name != gone}
    for gone in record("{}", 1)
]
ODD = st.sampled_from([SNS, S3, KINESIS, ROWS, *LACKING]) | json_values


@settings(max_examples=40, deadline=None)
@given(
    function=st.sampled_from(FUNCTIONS),
    before=st.lists(ODD, max_size=2),
    after=st.lists(ODD, max_size=2),
)
def test_a_good_record_beside_odd_ones_is_handled(
    at: Edge, function: str, before: list[Any], after: list[Any]
) -> None:
    """And each odd one is parked or handled: none is lost, none breaks (F5)."""
    records, odd = [*before, good(function), *after], [*before, *after]
    answer = call(at, function, {"Records": records})

    whole = [r for r in odd if isinstance(r, dict) and "eventSourceARN" in r]
    assert ended(at, "record_broken") == []
    assert answer["batchItemFailures"] == []
    assert ended(at, "swept" if function == "Sweeper" else "outcome")
    assert any(line.get("request_id") == "r-1" for line in at.stack.log)
    assert len(parked(at)) >= len(odd) - len(whole)
    assert at.refused == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_paused_function_keeps_odd_records_too(at: Edge, function: str) -> None:
    """SQS hands the good one over again; the odd one would not come again (F5)."""
    at.stack.set_mode("paused")
    at.stack.shift(timedelta(minutes=1))
    answer = call(at, function, {"Records": [SNS, good(function)]})
    at.stack.set_mode("close")
    at.stack.shift(timedelta(minutes=1))

    assert [{"itemIdentifier": "m0"}] == answer["batchItemFailures"]
    assert parked(at) == [WISH]
