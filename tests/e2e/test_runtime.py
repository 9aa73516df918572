"""The built functions under Lambda's own runtime client, one event of each kind."""

import json
from pathlib import Path

import pytest

from e2e.conftest import ROOT, TOPOLOGY, Start

pytestmark = pytest.mark.e2e

FUNCTION_OF = {
    "sweeper": "Sweeper",
    "request": "Sweeper",
    "close": "Closer",
    "force": "ForceCloser",
}
EVENTS = sorted((ROOT / "events").glob("*.json"))


def test_every_function_has_an_event() -> None:
    """Each function is run with at least one event, and no event is left over."""
    assert {FUNCTION_OF[event.stem] for event in EVENTS} == set(TOPOLOGY.functions)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_function_answers_its_event(path: Path, start: Start) -> None:
    """It starts, reads its event, speaks to AWS and the cluster, and meets no bug."""
    event = json.loads(path.read_text(encoding="utf-8"))
    with start(FUNCTION_OF[path.stem]) as runtime:
        answer = runtime.invoke(event)
        log = runtime.output()

    assert ("Records" in event) == ("batchItemFailures" in (answer or {}))
    assert '"level":"ERROR"' not in log
