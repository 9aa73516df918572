"""What the packages of worlds/ may import: the stand-in nothing of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {
    path.stem
    for folder in ("functions", "tests", "worlds", ".")
    for path in (ROOT / folder).iterdir()
}
PRODUCT = {"idle_jobs", "sweeper", "closer", "force_closer", "reopener"}

# What a package may import beside itself; its tests may import more.
KNOWN: dict[str, set[str]] = {
    "standin": set(),
    "conformance": {"standin"},
    # Its demo writes the page of its day, as the command does of a stack.
    "local": {"standin", "idle_jobs", "idle_jobs_cli"},
    "simulation": {"standin", "local", "idle_jobs_cli.output.terminal", *PRODUCT},
    "mutants": {"idle_jobs.times"},  # It loads what it breaks by name.
    # It prices what the document of the costs prices, and serves TLS as tests do.
    "benchmark": {
        *("standin", "local", "simulation", "idle_jobs"),
        *("costs", "certificates"),
    },
}
KNOWN_TO_TESTS: dict[str, set[str]] = {
    "standin": set(),
    "conformance": set(),
    "local": {"simulation", "idle_jobs_cli", "commands", "markdown", *PRODUCT},
    # The limit on closings is held with the many jobs of the benchmark.
    "simulation": {"builders", "benchmark.lambda_time"},
    "mutants": {"simulation"},
    "benchmark": set(),
}


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of all that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strangers(paths: list[Path], known: set[str]) -> set[str]:
    """Return what these files import of ours, but should not."""
    return {
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in imported(path)
        if name.split(".")[0] in OURS
        and not any(f"{name}.".startswith(f"{friend}.") for friend in known)
    }


def test_every_world_is_listed() -> None:
    """A new package has to say what it may import."""
    packages = {path.parent.name for path in ROOT.glob("worlds/*/__init__.py")}

    assert packages == KNOWN.keys() == KNOWN_TO_TESTS.keys()


@pytest.mark.parametrize("world", KNOWN)
def test_a_world_knows_no_more_than_it_must(world: str) -> None:
    """A package and its tests import themselves and what is listed."""
    folder = ROOT / "worlds" / world
    tests = [*folder.glob("tests/*.py")]
    code = [path for path in folder.rglob("*.py") if path not in tests]
    known = {world} | KNOWN[world]

    assert code
    assert tests
    assert set() == strangers(code, known)
    assert set() == strangers(tests, known | KNOWN_TO_TESTS[world])
