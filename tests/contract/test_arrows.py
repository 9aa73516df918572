"""Who may know whom in functions/ and idle_jobs_cli/: arrows point inward."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def modules(folder: Path, base: Path) -> dict[str, Path]:
    """Return the modules in a folder by the names that they are imported by."""
    return {
        ".".join(path.relative_to(base).with_suffix("").parts): path
        for path in sorted(folder.rglob("*.py"))
    }


SOURCES = modules(ROOT / "functions", ROOT / "functions")
COMMANDS = modules(ROOT / "idle_jobs_cli", ROOT)
# The words that all may use, and the packages that decide: pure, all of them.
WORDS = ("reasons", "errors", "times", "texts", "safe_text", "sizes")
PACKAGES = ("policy", "messages", "steps")
PURE_OF_ELASTIC = (
    *("answers", "causes", "info", "job_reader", "json_fields", "lists", "tasks"),
)
PURE = sorted(
    name
    for name in SOURCES
    if name.startswith(tuple(f"idle_jobs.{package}." for package in PACKAGES))
    or name in {f"idle_jobs.{word}" for word in WORDS}
    or name in {f"idle_jobs.elastic.{part}" for part in PURE_OF_ELASTIC}
)
# Which package may import which; what is at the root tells the stories, and may all.
MAY_IMPORT: dict[str, set[str]] = {
    "policy": set(),
    "messages": {"policy"},
    "steps": {"messages", "policy"},
    "elastic": {"policy"},
}


def package_of(name: str) -> str:
    """Return the package of a module of idle_jobs: empty for what is at its root."""
    return name.split(".")[1] if name.count(".") > 1 else ""


def tree(name: str) -> ast.Module:
    """Return what a module says."""
    return ast.parse((SOURCES | COMMANDS)[name].read_text("utf-8"))


def imports(name: str) -> set[str]:
    """Return the full names of all modules that a module imports."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (0, True) == (node.level, bool(node.module))
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & SOURCES.keys()) or {node.module or ""}
    return found


def roots(name: str) -> set[str]:
    """Return the distributions that a module imports from."""
    return {imported.split(".")[0] for imported in imports(name)}


def importers(root: str) -> set[str]:
    """Return the modules that import a module, or from a distribution."""
    return {name for name in SOURCES if root in roots(name) | imports(name)}


def uses(name: str) -> Iterator[str]:
    """Yield every `module.attribute` that a module speaks of."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def test_every_pure_module_is_there() -> None:
    """A module that was renamed does not become impure by accident."""
    named = {f"idle_jobs.{word}" for word in WORDS}
    named |= {f"idle_jobs.elastic.{part}" for part in PURE_OF_ELASTIC}

    assert set() == named - SOURCES.keys()
    assert set(PACKAGES) <= {package_of(name) for name in PURE}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_know_those_below_them_alone(package: str) -> None:
    """Whoever reads a package needs nothing of what is built upon it."""
    own = [name for name in SOURCES if package_of(name) == package]
    known = {x for name in own for x in imports(name) if x.startswith("idle_jobs.")}
    at_the_root = {x for x in known if not package_of(x)}

    assert own
    assert MAY_IMPORT[package] | {package, ""} >= {package_of(x) for x in known}
    assert {f"idle_jobs.{word}" for word in (*WORDS, "aws", "kept")} >= at_the_root


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_know_the_standard_library_and_each_other(name: str) -> None:
    """Deciding and reading need no network, no AWS and no environment."""
    foreign = {
        imported
        for imported in imports(name) - set(PURE)
        if imported.split(".")[0] not in sys.stdlib_module_names
    }

    assert set() == foreign


def test_no_pure_module_reads_a_clock() -> None:
    """The handlers read the clock once and pass it on."""
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "time.time"}
    readers = {name for name in PURE if clocks & set(uses(name))}

    assert set() == readers


def test_only_settings_read_the_environment() -> None:
    """There is one place to look for what a variable does."""
    readers = {
        name
        for name in SOURCES
        if {"os.environ", "os.getenv"} & set(uses(name)) or "os" in imports(name)
    }

    assert {"idle_jobs.settings"} == readers


DOORS = {
    "HTTP": (
        "requests",
        {
            "idle_jobs.doctor.network",
            "idle_jobs.elastic.transport",
            "idle_jobs.elastic.time_limit",
            "idle_jobs.elastic.signing",
        },
    ),
    "AWS": (
        "idle_jobs.aws",
        {
            "idle_jobs.cold_start",  # It makes no client.
            "idle_jobs.elastic.credential",
            "idle_jobs.services",
            "idle_jobs.modes",
            "idle_jobs.elastic.signing",
            "idle_jobs.doctor.report",
        },
    ),
    "AWS's own session": ("botocore.session", {"idle_jobs.aws"}),
    "boto3, which has no more to offer than botocore": ("boto3", set()),
    "errors of AWS": (
        "botocore",
        {
            "idle_jobs.aws",
            "idle_jobs.elastic.credential",
            "idle_jobs.event_bus",
            "idle_jobs.ledger",
            "idle_jobs.modes",
            "idle_jobs.outbox",
            "idle_jobs.elastic.signing",
            "idle_jobs.topic",
            "idle_jobs.doctor.report",
        },
    ),
    "signatures": ("requests_aws4auth", {"idle_jobs.elastic.signing"}),
    "clocks": (
        "time",
        {
            "idle_jobs.elastic.time_limit",
            "idle_jobs.elastic.cluster",
            "idle_jobs.elastic.transport",
            "idle_jobs.elastic.untold",
            "idle_jobs.doctor.network",
        },
    ),
}


@pytest.mark.parametrize(("root", "expected"), DOORS.values(), ids=DOORS)
def test_some_doors_are_single(root: str, expected: set[str]) -> None:
    """What speaks to the world is in the files that say so, and nowhere else."""
    assert expected == importers(root)


def strangers(name: str, known: set[str]) -> set[str]:
    """Return what a module imports beside the standard library and what it may know."""
    return roots(name) - known - sys.stdlib_module_names


STUBS = {f"mypy_boto3_{service}" for service in ("dynamodb", "sqs", "ssm")}
OUTSIDE = {"boto3", "botocore", "requests"} | STUBS


@pytest.mark.parametrize("name", SOURCES)
def test_functions_know_themselves_and_what_is_built_with_them(name: str) -> None:
    """No operator's command and no test is deployed."""
    itself = {source.split(".")[0] for source in SOURCES}
    built = {"aws_lambda_powertools", "requests_aws4auth", "urllib3"}

    assert set() == strangers(name, itself | OUTSIDE | built)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_operators_commands_know_functions_and_each_other(name: str) -> None:
    """Planning a sweep or pausing a stack loads nothing of the tests."""
    assert set() == strangers(
        name,
        {"idle_jobs", "idle_jobs_cli", "click", "jinja2", "rich", "yaml"} | OUTSIDE,
    )


def test_no_client_of_aws_waits_for_minutes() -> None:
    """The defaults of botocore outlast an invocation; test_aws.py knows ours."""
    makers = [
        name
        for name in SOURCES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute) and node.attr == "create_client"
    ]

    assert ["idle_jobs.aws"] == makers


def test_modules_do_not_know_their_callers() -> None:
    """The handlers import the house; the house imports no handler."""
    handlers = {name for name in SOURCES if "." not in name}
    inside = [name for name in SOURCES if name.startswith("idle_jobs.")]

    assert {"sweeper", "closer", "force_closer"} <= handlers
    assert [] == [name for name in inside if handlers & imports(name)]


def test_imports_run_in_no_circle() -> None:
    """There is an order in which every module can be read after what it needs."""
    graph = {name: imports(name) & SOURCES.keys() for name in SOURCES}
    order = list(TopologicalSorter(graph).static_order())

    assert sorted(SOURCES) == sorted(order)


def lengths(folder: str) -> dict[str, int]:
    """Return the lines of each file of a folder, and of its longest function."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text("utf-8")
        found[str(path)] = len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                name = f"{path}:{node.name}"
                found[name] = (node.end_lineno or 0) - node.lineno + 1
    return found


@pytest.mark.parametrize("folder", ["functions", "idle_jobs_cli"])
def test_no_file_and_no_function_is_long(folder: str) -> None:
    """A file of more than 200 lines, or a function of more than 40, is two things."""
    most = {True: 40, False: 200}
    found = lengths(folder)

    assert found
    assert {} == {k: n for k, n in found.items() if n > most[":" in k]}
