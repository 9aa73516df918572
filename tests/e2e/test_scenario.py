"""The demo's acts, played by the built functions: they end as every row demands."""

from collections.abc import Iterator

import pytest

from e2e.heard import HeardArtifacts
from local import checks, scenario
from local.acts import ACTS, Act
from role_policies import Played, refused

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", params=ACTS, ids=lambda act: act.title)
def act(request: pytest.FixtureRequest) -> Act:
    """Return each act in turn."""
    chosen: Act = request.param
    return chosen


@pytest.fixture(scope="module")
def stack(act: Act) -> Iterator[HeardArtifacts]:
    """Play an act at the most talkative log level; yield the stack at its end."""
    parameters = {**act.parameters, "LogLevel": "DEBUG"}
    with HeardArtifacts(act.build(), scenario.START, parameters) as runner:
        act.direct(runner)
        runner.run(act.end)
        yield runner


def test_every_job_ends_as_its_row_demands(act: Act, stack: HeardArtifacts) -> None:
    """Verdict, outcome and final state are those of the demo, and nothing broke."""
    assert list(checks.problems(stack, act.rows)) == []
    assert stack.metrics["RecordsBroken"] == 0


def test_every_queue_but_the_parking_one_is_empty(stack: HeardArtifacts) -> None:
    """No message is left over, in flight or not."""
    queues = set(stack.topology.queues) - {"ParkingQueue"}

    assert {queue: [] for queue in queues} == {
        q: stack.queues.bodies(q) for q in queues
    }


def test_the_functions_live_in_the_time_of_the_stack(stack: HeardArtifacts) -> None:
    """Every line was written at the time at which the stack has read it."""
    written = [line["timestamp"][:19] for line in stack.log]

    assert written == [f"{line['at']:%Y-%m-%d %H:%M:%S}" for line in stack.log]


def test_no_function_writes_a_secret_to_its_log(stack: HeardArtifacts) -> None:
    """Neither the API key nor the function's own AWS credentials, at level DEBUG."""
    assert stack.secrets_told() == []


def test_every_call_is_allowed_to_its_function(stack: HeardArtifacts) -> None:
    """What was heard on the wire, by the policies of the function's role and queue."""
    heard = stack.calls
    sweepers = {call.action for call in heard if call.function == "Sweeper"}

    assert {"ssm:GetParameter", "secretsmanager:GetSecretValue"} <= sweepers
    assert refused(Played.by(stack, heard)) == set()
