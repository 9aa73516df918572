"""Bodies that anybody may have written, through the functions as Lambda calls them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hostile.bodies import forced, message, request
from hostile.edge import NOT_TAKEN, Edge, Seen, edge
from hostile.elastic import Nonsense
from hostile.lines import answered_by
from hostile.texts import source

pytestmark = pytest.mark.slow

WRITERS = {"Sweeper": request, "Closer": message, "ForceCloser": message}
BATCHES = 200  # For each function, of ten bodies: 6,000.
NAMED = re.compile(
    r"body: expected a JSON object|.{1,60}: (expected |unknown field, expected one of)"
)


@dataclass
class Batch:
    """What was handed to a function, what came of it, and what it posted."""

    function: str
    bodies: list[str]
    seen: Seen
    posts: list[str]


def hand(at: Edge, function: str, bodies: list[str]) -> Batch:
    """Hand bodies to a function whose cluster has one idle job, and is honest."""
    cluster = Nonsense(source(0), spoils=0)
    with answered_by(cluster):
        return Batch(function, bodies, at.look(function, bodies), cluster.posts)


@pytest.fixture(scope="module")
def at() -> Iterator[Edge]:
    """Yield the functions' edge."""
    with edge() as at:
        yield at


@pytest.fixture(scope="module")
def batches(at: Edge) -> list[Batch]:
    """Return what became of all bodies."""
    return [
        hand(at, function, [write(r) for _ in range(10)])
        for function, write in WRITERS.items()
        for r in (source(f"{function} {n}") for n in range(BATCHES))
    ]


def parked(batch: Batch) -> list[dict[str, Any]]:
    """Return the outcomes of the bodies that were parked."""
    return [o for o in batch.seen.lines("outcome") if o["ended"] == "parked"]


def test_every_body_comes_to_an_end(batches: list[Batch], at: Edge) -> None:
    """An outcome, another queue or another look; nothing breaks, SQS takes it all."""
    for batch in batches:
        ends = ("swept",) if batch.function == "Sweeper" else ("outcome", "sent")
        ended = len(batch.seen.lines(*ends)) + len(batch.seen.stay)
        ended += len(parked(batch)) if batch.function == "Sweeper" else 0

        assert [] == batch.seen.lines("record_broken")
        assert batch.seen.handed == ended
    assert [] == at.refused


def test_there_are_thousands(batches: list[Batch]) -> None:
    """With what test_hostile_answers.py counts more than 10,000, few of them alike."""
    bodies = {(batch.function, body) for batch in batches for body in batch.bodies}

    assert len(bodies) > 5_000


def test_every_batch_ends_in_time(at: Edge, batches: list[Batch]) -> None:
    """Seconds of a processor: ten bodies take hundredths of one."""
    assert batches
    assert at.slowest < 5


def test_every_refusal_names_the_field(batches: list[Batch]) -> None:
    """Whoever wrote a body is told what to mend in it."""
    refused = [
        outcome["detail"]
        for batch in batches
        for outcome in parked(batch)
        if outcome["reason"] in ("bad_request", "unreadable")
    ]

    assert len(refused) > 1_000
    assert [] == [detail for detail in refused if not NAMED.match(detail)]


def test_what_is_parked_is_the_body_and_why(batches: list[Batch]) -> None:
    """A person sees what came, but for characters that no message can hold."""
    for batch in batches:
        came = {NOT_TAKEN.sub("\ufffd", body or " ") for body in batch.bodies}
        for entry in batch.seen.sent:
            if entry["QueueUrl"].endswith("ParkingQueue"):
                [why] = entry["MessageAttributes"].values()
                own = '"parked_reason": "foreign_cluster' in entry["MessageBody"]

                assert own or entry["MessageBody"] in came
                assert 0 < len(why["StringValue"]) <= 500


def test_nothing_but_an_order_is_forced(batches: list[Batch]) -> None:
    """No odd value of `force`, of a time or of a mode is taken for one."""
    for batch in batches:
        sent = (entry["MessageBody"] for entry in batch.seen.sent)
        force = [post for post in batch.posts if "force=true" in post]
        force += [body for body in sent if body not in batch.bodies and forced(body)]

        assert not force or any(map(forced, batch.bodies))


def test_every_line_of_the_log_is_short(batches: list[Batch]) -> None:
    """However long what it tells of, and each can be encoded."""
    assert max(batch.seen.longest_line for batch in batches) < 8_192


def test_every_kind_of_end_is_reached(batches: list[Batch]) -> None:
    """A grammar of which nothing is ever right would show little."""
    ends = Counter(
        outcome["reason"] if outcome["ended"] == "parked" else outcome["ended"]
        for batch in batches
        for outcome in batch.seen.lines("outcome")
    )
    ends["stay"] = sum(len(batch.seen.stay) for batch in batches)
    ends["swept"] = sum(len(batch.seen.lines("swept")) for batch in batches)
    few = ("foreign_cluster", "skipped", "stay")
    many = ("unreadable", "bad_request", "closed", "swept")

    assert min(ends[end] for end in few) >= 3, ends
    assert min(ends[end] for end in many) >= 300, ends


def naive(body: str) -> None:
    """Read a body as one does who thinks of no harm."""
    given = json.loads(body)
    f"{given['job_id']}".encode()
    json.dumps(given, ensure_ascii=False).encode()
    int(given["timeout"].removesuffix("m"))


def test_a_naive_reader_breaks_in_every_way(batches: list[Batch]) -> None:
    """The control: these bodies would do harm."""
    broken: Counter[str] = Counter()
    for body in (body for batch in batches[:BATCHES] for body in batch.bodies):
        try:
            naive(body)
        except Exception as error:  # noqa: BLE001 - It is what is counted.
            broken[type(error).__name__] += 1

    ways = {"JSONDecodeError", "ValueError", "RecursionError", "UnicodeEncodeError"}
    ways |= {"KeyError", "TypeError", "AttributeError"}

    assert min(broken[way] for way in ways) >= 3, broken
