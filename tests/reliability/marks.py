"""Which tests carry a row's mark, read from their source: nothing is imported or run.

What it cannot attribute to a test raises `Unattributed`: nothing is left out silently.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "tests", ROOT / "worlds")


class Unattributed(ValueError):
    """A mark whose test cannot be told from the source; the text says which."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A row's mark on a test; `case` is the id of the parameter that alone has it."""

    row: int
    path: str
    test: str
    case: str = ""


@dataclass
class _Module:
    """One file: its constants by name, and the marks that were found a test for."""

    constants: Mapping[str, ast.expr]
    found: set[ast.Call] = field(default_factory=set)

    def marks(self, node: ast.AST, case: str = "") -> Iterator[tuple[int, str]]:
        """Yield row and case of each mark in a node, or in a constant that it names."""
        if isinstance(node, ast.Call) and _called(node) == "row":
            self.found.add(node)
            yield _number(node), case
        elif isinstance(node, ast.Name) and node.id in self.constants:
            yield from self.marks(self.constants[node.id], case)
        if isinstance(node, ast.Call) and _called(node) == "param":
            case = _id_of(node)
        for child in ast.iter_child_nodes(node):
            yield from self.marks(child, case)


def scan(paths: Iterable[Path] | None = None) -> list[Mark]:
    """Return every mark in these files, by default in all of ours."""
    if paths is None:
        paths = (test for folder in FOLDERS for test in folder.rglob("test_*.py"))
    return sorted(
        mark
        for path in paths
        if "mark.row" in (text := path.read_text(encoding="utf-8"))
        for mark in read_marks(text, path.relative_to(ROOT).as_posix())
    )


def read_marks(text: str, path: str) -> set[Mark]:
    """Return the marks of one file."""
    tree = ast.parse(text)
    module = _Module(dict(_constants(tree)))
    whole_file = [*module.marks(module.constants.get("pytestmark", ast.Constant(None)))]
    marks = {
        Mark(row, path, test.name, case)
        for test in tree.body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        for row, case in [*_on(test, module), *whole_file]
    }
    calls = {node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    if lost := {call for call in calls if _called(call) == "row"} - module.found:
        lines = ", ".join(str(line) for line in sorted(call.lineno for call in lost))
        raise Unattributed(f"{path}: a row's mark of no test, in line {lines}")
    return marks


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            yield ast.unparse(node.target), node.value


def _on(test: ast.FunctionDef, module: _Module) -> Iterator[tuple[int, str]]:
    for decorator in test.decorator_list:
        yield from module.marks(decorator)


def _called(call: ast.Call) -> str:
    """Return `row` for pytest.mark.row(...), `param` for pytest.param(...)."""
    name = ast.unparse(call.func)
    known = {"pytest.mark.row": "row", "mark.row": "row", "pytest.param": "param"}
    return known.get(name, "")


def _number(call: ast.Call) -> int:
    if [type(a) for a in call.args] == [ast.Constant] and not call.keywords:
        argument = call.args[0]
        if isinstance(argument, ast.Constant) and type(argument.value) is int:
            return argument.value
    raise Unattributed(f"expected a row's number, got {ast.unparse(call)}")


def _id_of(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return ""
