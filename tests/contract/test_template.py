"""The promises of template.yaml: its functions, queues, numbers and parameters."""

import importlib
import re
from collections.abc import Iterator

import pytest

from idle_jobs.room import BATCH
from local.intrinsics import Value, load_template
from local.topology import TEMPLATE, Function, Queue, Topology

SOURCE = load_template(TEMPLATE)
FUNCTIONS = Topology.load().functions
QUEUES = Topology.load().queues
HOUR = 3600


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_handler_is_there(function: Function) -> None:
    """Each `Handler` names a module that imports and something callable in it."""
    module, name = function.handler.split(".")

    assert callable(getattr(importlib.import_module(module), name))


def test_the_python_that_ships_is_tested() -> None:
    """CI runs the quick tests and those of the wire on Lambda's Python, too (R1)."""
    makefile = (TEMPLATE.parent / "Makefile").read_text(encoding="utf-8")
    runtime = SOURCE["Globals"]["Function"]["Runtime"].removeprefix("python")
    recipes = dict(re.findall(r"(?m)^(\S+): .*\n((?:\t.*\n)+)", makefile))

    assert f"$(call made,{runtime})" in recipes[".venv-313/.ready"]
    assert ".venv-313/bin/pytest" in recipes["quick313"]
    assert "quick313" in recipes["check"]


def test_functions_are_as_designed() -> None:
    """Each function has the time and the memory that its batch needs."""
    expected = {
        "Sweeper": (300, 1280),
        "Closer": (120, 512),
        "ForceCloser": (180, 256),
        "Reopener": (300, 1280),
    }

    assert expected == {n: (f.timeout, f.memory) for n, f in FUNCTIONS.items()}


@pytest.mark.row(29)
def test_each_function_reads_the_one_queue_that_is_its_own() -> None:
    """Sources are as designed, and every one reports batch item failures."""
    sources = {name: f.sources for name, f in FUNCTIONS.items()}

    assert {
        name: [
            (s.queue, s.batch_size, s.max_concurrency, s.reports_failures) for s in own
        ]
        for name, own in sources.items()
    } == {
        "Sweeper": [("RequestQueue", 10, 2, True)],
        "Closer": [("CloseQueue", 10, 3, True)],
        "ForceCloser": [("ForceQueue", 1, 2, True)],
        "Reopener": [],
    }


def test_at_most_32_close_calls_are_in_flight() -> None:
    """The two closers together hold 3 x 10 + 2 x 1 messages at a time."""
    closers = [*FUNCTIONS["Closer"].sources, *FUNCTIONS["ForceCloser"].sources]

    assert sum(s.batch_size * s.max_concurrency for s in closers) == 32


def test_room_is_counted_in_batches_of_the_closer() -> None:
    """A batch that waits for room counts the other batches by their size."""
    [source] = FUNCTIONS["Closer"].sources

    assert source.batch_size == BATCH


def looks(age_limit: float) -> int:
    """Count the looks at a message if jitter made every wait a tenth shorter."""
    age, count = 0.0, 0
    while age < age_limit:
        count += 1
        age += 0.9 * min(max(age, 15), 900)
    return count


@pytest.mark.row(37)
@pytest.mark.parametrize(
    ("queue", "age_limit"),
    [
        pytest.param(QUEUES["RequestQueue"], 24 * HOUR, id="RequestQueue, ParkAfter"),
        pytest.param(QUEUES["CloseQueue"], 3 * HOUR, id="CloseQueue, handing over"),
        pytest.param(QUEUES["ForceQueue"], 24 * HOUR, id="ForceQueue, ParkAfter"),
    ],
)
def test_receives_outlast_the_age_limit(queue: Queue, age_limit: float) -> None:
    """Messages end by their age; the receive count is only there for crashes."""
    assert queue.max_receive_count is not None

    assert 2 * looks(age_limit) <= queue.max_receive_count


@pytest.mark.parametrize("chain", [["RequestQueue"], ["CloseQueue", "ForceQueue"]])
def test_what_crashes_every_look_is_parked_before_it_is_deleted(
    chain: list[str],
) -> None:
    """A message that kills its function comes back as late as its queue lets it."""
    crashing = 0
    for queue in map(QUEUES.__getitem__, chain):
        assert queue.max_receive_count is not None
        crashing += queue.max_receive_count * queue.visibility

        assert crashing < queue.retention - 12 * HOUR


def test_the_longest_park_after_is_what_the_receives_allow_for() -> None:
    """ParkAfter takes 1h to 24h, and nothing longer."""
    pattern = SOURCE["Parameters"]["ParkAfter"]["AllowedPattern"]

    assert pattern == "([1-9]|1[0-9]|2[0-4])h"


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:elastic"


@pytest.mark.parametrize(
    ("parameter", "value", "taken"),
    [
        ("CaBundle", "", True),
        ("CaBundle", "ca.pem", True),
        ("CaBundle", "ca.crt", False),
        ("CaBundle", "certificates/ca.pem", False),
        ("SecretArn", "", True),
        ("SecretArn", f"{SECRET}-AbC1eF", True),
        ("SecretArn", SECRET, False),
        ("SecretArn", f"{SECRET}-AbCdE", False),
    ],
)
def test_a_value_that_could_not_work_is_refused(
    parameter: str, value: str, *, taken: bool
) -> None:
    """The build copies functions/*.pem; IAM knows a secret by its whole ARN."""
    pattern = SOURCE["Parameters"][parameter]["AllowedPattern"]

    assert taken == bool(re.fullmatch(pattern, value))


def test_variables_are_the_settings() -> None:
    """Every function gets every variable that the settings read, and no other."""
    from idle_jobs.settings import VARIABLES  # noqa: PLC0415

    for function in FUNCTIONS.values():
        own = {n for n in function.environment if not n.startswith("POWERTOOLS_")}

        assert own == VARIABLES


def references(value: Value) -> Iterator[str]:
    """Yield the names that a part of the template refers to."""
    if isinstance(value, list):
        for element in value:
            yield from references(element)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in {"Ref", "Condition"} and isinstance(inner, str):
                yield inner
            if key in {"Fn::If", "Fn::FindInMap"}:
                yield inner[0]
            if key == "Fn::Sub":
                yield from (part.split("}")[0] for part in str(inner).split("${"))
            yield from references(inner)


@pytest.mark.parametrize("section", ["Parameters", "Conditions", "Mappings"])
def test_nothing_is_declared_in_vain(section: str) -> None:
    """Each parameter, condition and mapping is used by something that is deployed."""
    parts = ("Globals", "Resources", "Conditions", "Outputs")
    used = set(references([SOURCE[part] for part in parts]))

    assert set() == set(SOURCE[section]) - used
