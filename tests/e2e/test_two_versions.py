"""Two versions of the built code at once on the same queues, as in a deployment."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from e2e.artifact import BUILD, ArtifactRunner
from e2e.batches import ask, first_ends, left
from e2e.conftest import HANGS_UP, Start
from stacks import START, add_busy, add_idle, after, ends, posts

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

FORCED = "force_closed failed"

# What the next version writes: a number that today's code does not know, and a field.
CHANGES = {
    "VERSION = 1\n": "VERSION = 2\n",
    '{"version": VERSION}': '{"version": VERSION, "colour": "blue"}',
}


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an artifact of the next version, which any of the functions can run."""
    artifact = tmp_path_factory.mktemp("newer") / "artifact"
    shutil.copytree(BUILD / "Closer", artifact)
    source = artifact / "idle_jobs" / "messages" / "close_message.py"
    text = source.read_text()
    for old, new in CHANGES.items():
        assert text.count(old) == 1, f"close_message.py says otherwise now: {old}"
        text = text.replace(old, new)
    source.write_text(text)
    (source.parent / "__pycache__" / "close_message.cpython-313.pyc").unlink()
    return artifact


def versions(stack: ArtifactRunner, queue: str) -> list[str]:
    """Return the versions of the messages in a queue, and the fields that are new."""
    values = [json.loads(body) for body in stack.queues.bodies(queue)]
    return [f"{value['version']} {value.get('colour', '')}".strip() for value in values]


def requested(stack: ArtifactRunner, *newer: str, artifact: Path) -> None:
    """Ask for one job of a stack in which these functions are of the next version."""
    stack.artifacts = dict.fromkeys(newer, artifact)
    add_busy(stack, "web")
    stack.request(job_id="web", request_id="ask")


@pytest.mark.row(33)
def test_a_newer_message_waits_for_its_reader(start: Start, newer: Path) -> None:
    """The Closer of before leaves it until it is replaced, within the hour."""
    stack = start()
    requested(stack, "Sweeper", artifact=newer)
    stack.run(after(minutes=55))
    posted, waiting = posts(stack), versions(stack, "CloseQueue")
    stack.deploy("Closer", newer)
    stack.run(after(hours=2))

    assert (posted, waiting) == ([], ["2 blue"])
    assert first_ends(stack) == {"web": "closed requested"}
    assert left(stack) == []
    assert stack.errors == []


@pytest.mark.row(15)
@pytest.mark.row(33)
def test_a_newer_message_is_parked_after_an_hour(start: Start, newer: Path) -> None:
    """A person gets it as it was written, and it closes its job once it is redriven."""
    stack = start()
    requested(stack, "Sweeper", artifact=newer)
    stack.run(after(hours=2))
    parked, posted = versions(stack, "ParkingQueue"), posts(stack)
    waited = stack.outcomes()[0]["at"] - START
    stack.deploy("Closer", newer)
    stack.queues.send("RequestQueue", *stack.queues.bodies("ParkingQueue"))
    stack.run(after(hours=3))

    assert (parked, posted) == (["2 blue"], [])
    assert timedelta(hours=1) <= waited < timedelta(minutes=80)
    assert stack.metrics["JobsParked"] == 1
    assert ends(stack) == [": parked newer_version", "web: closed requested"]
    assert stack.cluster.jobs["web"].state == "closed"
    assert stack.errors == []


@pytest.mark.row(33)
def test_a_newer_reader_takes_older_messages(start: Start, newer: Path) -> None:
    """A Closer that is replaced first finishes what today's Sweeper writes."""
    stack = start()
    requested(stack, "Closer", artifact=newer)
    stack.run(after(minutes=5))

    assert first_ends(stack) == {"web": "closed requested"}
    assert left(stack) == []
    assert stack.errors == []


@pytest.mark.row(33)
@pytest.mark.parametrize("first", ["Closer", "ForceCloser"])
def test_a_hand_over_crosses_a_deployment(
    first: str, start: Start, newer: Path
) -> None:
    """Whichever closer is replaced first, the job is forced once, by the other."""
    stack = start(HANGS_UP)
    add_idle(stack, close_takes=timedelta(minutes=1), close_ends="failed")
    stack.artifacts = {first: newer}
    ask(stack, "web")
    stack.run(after(minutes=50))
    waiting, before = versions(stack, "ForceQueue"), first_ends(stack)
    stack.deploy("ForceCloser", newer)
    stack.run(after(hours=2))

    assert waiting == (["2 blue"] if first == "Closer" else [])
    assert before == ({} if first == "Closer" else {"web": FORCED})
    assert first_ends(stack) == {"web": FORCED}
    assert ["force" in path for path in posts(stack)] == [False, True]
    assert left(stack) == []


@pytest.mark.row(33)
def test_both_versions_of_a_closer_share_a_queue(start: Start, newer: Path) -> None:
    """Lambda may keep old environments for a while: each message meets its reader."""
    stack = start()
    jobs = [f"job-{n}" for n in range(8)]
    for n, job in enumerate(jobs):
        add_busy(stack, job)
        stack.deploy("Sweeper", newer if n % 4 < 2 else BUILD / "Sweeper")
        stack.deploy("Closer", newer if n % 2 else BUILD / "Closer")
        stack.request(job_id=job, request_id=job)
        stack.take_one("Sweeper")
        stack.take_one("Closer")
        stack.shift(timedelta(minutes=1))
    before = first_ends(stack)
    stack.deploy("Closer", newer)
    stack.run(after(hours=2))

    assert len(before) == 6, "what is new waits where an old one took it"
    assert first_ends(stack) == dict.fromkeys(jobs, "closed requested")
    assert len(posts(stack)) == len(jobs)
    assert (left(stack), stack.errors) == ([], [])
