"""Reads test files as Elastic's parser does; knows nothing of what they mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Step = tuple[str, Any]
Steps = list[Step]
SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True)
class Case:
    """A test section, with the steps before and after it."""

    file: str
    name: str
    steps: Steps
    setup: Steps
    teardown: Steps

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without the surprises: `on`, `yes`, `=`, `<<` and dates are strings."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false|True|False|TRUE|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9][0-9_]*", "-+0123456789"),
    ("float", r"[-+]?[0-9][0-9_]*(\.[0-9]*)?([eE][-+]?[0-9]+)?", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    # PyYAML would read a leading zero as octal.
    return int(str(loader.construct_scalar(node)).replace("_", ""))


_Loader.add_constructor("tag:yaml.org,2002:int", _decimal)


def find_files(directory: Path) -> list[Path]:
    """Find the test files of a directory and those below it."""
    found = [directory] if directory.is_file() else directory.rglob("*")
    return sorted(path for path in found if path.suffix in SUFFIXES and path.is_file())


def load(text: str, file: str) -> list[Case]:
    """Read the cases of a file; a file's own conditions come first in each setup."""
    conditions: Steps = []
    setup: Steps = []
    teardown: Steps = []
    tests: list[tuple[str, Steps]] = []
    for name, value in _sections(text):
        if name in ("requires", "skip"):
            conditions.append((name, value))
        elif name == "setup":
            setup.extend(_steps(value))
        elif name == "teardown":
            teardown.extend(_steps(value))
        else:
            tests.append((name, _steps(value)))
    before = conditions + setup
    return [Case(file, name, steps, before, teardown) for name, steps in tests]


def _sections(text: str) -> Iterator[tuple[str, Any]]:
    # Pairs and not a dictionary: sections of one name are all kept.
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if not isinstance(node, yaml.MappingNode):
                continue
            for key, value in node.value:
                yield str(key.value), loader.construct_object(value, deep=True)
    finally:
        loader.dispose()


def _steps(value: Any) -> Steps:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("a section is a list of steps")
    return [pair for step in value for pair in step.items()]
