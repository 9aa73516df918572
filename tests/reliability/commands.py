"""Reads the shell that our pages show, as far as their tests need it."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import Shape
from botocore.session import Session

from markdown import code, fences

# Options of the AWS CLI itself.
OWN = {"query", "output", "cli-read-timeout", "cli-binary-format"}


@dataclass(frozen=True, slots=True)
class Command:
    """The words of one line, without the variable that takes its output."""

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return what is run."""
        return self.words[0]

    @property
    def options(self) -> Mapping[str, list[str]]:
        """Return the options and the values that follow each."""
        options: dict[str, list[str]] = {}
        for word in self.words:
            if word.startswith("--"):
                options[word[2:]] = values = []
            elif options:
                values.append(word)
        return options


def commands(text: str) -> list[Command]:
    """Return each command of the shell blocks and of the prose, in their order."""
    shown = [*fences(text, "bash"), *(c for c in code(text) if " " in c)]
    return [
        Command(tuple(shlex.split(line)))
        for block in shown
        for line in _lines(block.replace("\\\n", " "))
    ]


def _lines(block: str) -> Iterator[str]:
    for line in map(str.strip, block.splitlines()):
        loop = re.fullmatch(r"until \[ \"\$\((.*)\)\" = \w+ \]; do (.*); done", line)
        if loop:
            yield from loop.groups()
            continue
        taken = re.fullmatch(r"(\w+=)\$\((?!date)(.*)\)", line)
        if taken:
            yield taken[2]
        elif not re.fullmatch(r"(#.*)?|\w+=\S+|\w+=\"[^\"]*\"|\w+\(\) \{|\}", line):
            yield line


def input_of(command: Command) -> dict[str, Shape]:
    """Return what an operation takes, by the CLI's names; LookupError if none."""
    _, service, name = command.words[:3]
    operation = _operations(service)[name]
    return {
        xform_name(member, "-"): shape
        for member, shape in operation.input_shape.members.items()
    }


def needed_by(command: Command) -> set[str]:
    """Return the options without which AWS refuses the command."""
    _, service, name = command.words[:3]
    members = _operations(service)[name].input_shape.required_members
    return {xform_name(member, "-") for member in members}


def answered_names(command: Command) -> set[str]:
    """Return the name of everything that may stand in an operation's answer."""
    _, service, name = command.words[:3]
    return set(_names(_operations(service)[name].output_shape))


def _names(shape: Any) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name
            yield from _names(member)
    elif shape.type_name == "list":
        yield from _names(shape.member)


@cache
def _session() -> Session:
    return botocore.session.get_session()


@cache
def _operations(service: str) -> dict[str, Any]:
    model = _session().get_service_model(service)
    return {xform_name(n, "-"): model.operation_model(n) for n in model.operation_names}
