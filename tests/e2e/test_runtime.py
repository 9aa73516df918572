"""The built functions under Lambda's own runtime client, one event of each kind."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from e2e.artifact import BUILD, ROOT, ArtifactRunner
from e2e.secrecy import KEY_ID, SECRET
from idle_jobs.times import rfc3339
from local import scenario
from local.topology import Topology

pytestmark = pytest.mark.e2e

FUNCTION_OF = {
    "sweeper": "Sweeper",
    "scheduler": "Sweeper",
    "request": "Sweeper",
    "close": "Closer",
    "force": "ForceCloser",
    "reopen": "Reopener",
}
EVENTS = sorted((ROOT / "events").glob("*.json"))
# A minute after the last of them was sent.
START = scenario.SWEEP + timedelta(minutes=31)
PARAMETERS = {"ClusterName": "drill", "AuthMode": "sigv4", "LogLevel": "DEBUG"}


def read(path: Path) -> dict[str, Any]:
    """Return an event of the folder."""
    event: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    # An event of long ago is refused.
    return event | ({"time": rfc3339(START)} if "time" in event else {})


def stack_of(build: Path) -> ArtifactRunner:
    """Return a stack with the demo's jobs, which admits nobody but who signs."""
    cluster = scenario.build()
    cluster.keys, cluster.aws_secrets = (), {KEY_ID: SECRET}
    return ArtifactRunner(cluster, START, PARAMETERS, build=build)


def troubles(stack: ArtifactRunner) -> set[str]:
    """Return what the functions warned of."""
    return {x["message"] for x in stack.log if x["level"] not in ("DEBUG", "INFO")}


@pytest.fixture
def stack() -> Iterator[ArtifactRunner]:
    """Yield a stack of what was built."""
    with stack_of(BUILD) as runner:
        yield runner


def test_every_function_has_an_event() -> None:
    """Each function is run with at least one event, and no event is left over."""
    functions = set(Topology.load().functions)

    assert {FUNCTION_OF[event.stem] for event in EVENTS} == functions


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_function_answers_its_event(path: Path, stack: ArtifactRunner) -> None:
    """It starts, reads its event, speaks to AWS and the cluster, and meets no bug."""
    event = read(path)
    answer = stack.invoke(FUNCTION_OF[path.stem], event)

    assert stack.errors == []
    assert ("Records" in event) == ("batchItemFailures" in (answer or {}))
    # No queue of this stack gave out the receipt handle of an event.
    assert troubles(stack) <= {"visibility_failed"}
    assert stack.cluster.log, "the cluster was asked"
    assert stack.secrets_told() == []


def test_no_source_is_compiled(tmp_path: Path) -> None:
    """A cold start reads bytecode alone: sources that say nonsense change nothing."""
    for name in sorted(set(FUNCTION_OF.values())):
        shutil.copytree(BUILD / name, tmp_path / name)
    for source in tmp_path.rglob("*.py"):
        source.write_text("nonsense(")
    with stack_of(tmp_path) as stack:
        for path in EVENTS:
            stack.invoke(FUNCTION_OF[path.stem], read(path))

    assert stack.errors == []
