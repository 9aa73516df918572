"""The ways to break a module: each finds its place by meaning, exactly once.

Places are told by functions, attributes, calls, constants and keywords, never by the
names of local variables. Where nothing fits, or two places do, LookupError says so.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mutants.places import (
    assigned,
    bodies,
    calls,
    expression,
    function_of,
    has_parts,
    mentions,
    named,
    one,
)


class Change(Protocol):
    """A change of a module's syntax tree, made in place; `place` is what it changes."""

    @property
    def place(self) -> str:
        """Return the name of the function or of the constant."""

    def apply(self, tree: ast.Module) -> None:
        """Change the tree; LookupError unless there is just one place for it."""


@dataclass(frozen=True)
class Wrong:
    """Replaces a function; `does` gets the right one, and then what that would get."""

    place: str
    does: Callable[..., Any]

    def apply(self, tree: ast.Module) -> None:
        """Look whether it is there; what it does is changed where it is run."""
        function_of(tree, self.place)


@dataclass(frozen=True)
class Constant:
    """Gives a constant of a module another value, as it would be written there."""

    place: str
    value: str

    def apply(self, tree: ast.Module) -> None:
        """Change what is assigned."""
        found = one(assigned(tree, self.place), f"an assignment of {self.place}")
        found.value = expression(self.value)


@dataclass(frozen=True)
class Without:
    """Takes a member out of a table: a tuple, a list, a set or a dictionary."""

    place: str
    member: str

    def apply(self, tree: ast.Module) -> None:
        """Leave the member out."""
        value = one(assigned(tree, self.place), self.place).value or ast.Tuple([])
        for node in ast.walk(value):
            if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                members = node.keys if isinstance(node, ast.Dict) else node.elts
                at = [n for n, each in enumerate(members) if named(each, self.member)]
                if len(at) == 1:
                    del members[at[0]]
                    if isinstance(node, ast.Dict):
                        del node.values[at[0]]
                    return
        raise LookupError(f"{self.place}: expected one member {self.member}")


@dataclass(frozen=True)
class NoBranch:
    """Drops the one `if` of a function that asks for something."""

    place: str
    about: str

    def apply(self, tree: ast.Module) -> None:
        """Put what is done otherwise in its place."""
        function = function_of(tree, self.place)
        what = f"an `if` about {self.about} in {self.place}"
        found = one(
            (
                (body, at)
                for body in bodies(function)
                for at, node in enumerate(body)
                if isinstance(node, ast.If) and mentions(node.test, self.about)
            ),
            what,
        )
        body, at = found
        node = body[at]
        body[at : at + 1] = getattr(node, "orelse", []) or [ast.Pass()]


@dataclass(frozen=True)
class NoCondition:
    """Drops the one part of an `and` or an `or` that asks for something."""

    place: str
    about: str

    def apply(self, tree: ast.Module) -> None:
        """Leave the part out."""
        what = f"a condition about {self.about} in {self.place}"
        node, at = one(
            (
                (node, at)
                for node in ast.walk(function_of(tree, self.place))
                if isinstance(node, ast.BoolOp)
                for at, part in enumerate(node.values)
                if mentions(part, self.about) and not has_parts(part, self.about)
            ),
            what,
        )
        del node.values[at]
        if len(node.values) == 1:
            node.values.append(node.values[0])


@dataclass(frozen=True)
class Compares:
    """Compares with another operator where something is compared: `>=` for `>`, say."""

    place: str
    about: str
    operator: str

    def apply(self, tree: ast.Module) -> None:
        """Change the operator."""
        found = one(
            (
                node
                for node in ast.walk(function_of(tree, self.place))
                if isinstance(node, ast.Compare) and mentions(node, self.about)
            ),
            f"a comparison with {self.about} in {self.place}",
        )
        example = expression(f"a {self.operator} b")
        assert isinstance(example, ast.Compare)
        found.ops = example.ops


@dataclass(frozen=True)
class Argument:
    """Passes another keyword to the one call of something; None leaves it out."""

    place: str
    call: str
    keyword: str
    value: str | None

    def apply(self, tree: ast.Module) -> None:
        """Change the keyword's value."""
        keywords, at = one(
            (
                (node.keywords, at)
                for node in calls(function_of(tree, self.place), self.call)
                for at, keyword in enumerate(node.keywords)
                if keyword.arg == self.keyword
            ),
            f"a call of {self.call} with {self.keyword} in {self.place}",
        )
        if self.value is None:
            del keywords[at]
        else:
            keywords[at].value = expression(self.value)


@dataclass(frozen=True)
class Swapped:
    """Does two steps of one block in the other order, each told by what it names."""

    place: str
    first: str
    then: str

    def apply(self, tree: ast.Module) -> None:
        """Swap the statements."""
        body, former, latter = one(
            (
                (body, former, latter)
                for body in bodies(function_of(tree, self.place))
                for former, a in enumerate(body)
                for latter, b in enumerate(body)
                if former < latter
                and mentions(a, self.first)
                and mentions(b, self.then)
            ),
            f"{self.first} and then {self.then} in {self.place}",
        )
        body[former], body[latter] = body[latter], body[former]


@dataclass(frozen=True)
class NoStep:
    """Drops the one statement of a function that names something."""

    place: str
    call: str

    def apply(self, tree: ast.Module) -> None:
        """Do nothing instead."""
        body, at = one(
            (
                (body, at)
                for body in bodies(function_of(tree, self.place))
                for at, node in enumerate(body)
                if isinstance(node, ast.Expr | ast.Assign) and mentions(node, self.call)
            ),
            f"a statement with {self.call} in {self.place}",
        )
        body[at] = ast.Pass()


@dataclass(frozen=True)
class Receives:
    """Lets a queue of the template give a message up after so many receives."""

    place: str
    most: int

    def apply(self, tree: ast.Module) -> None:
        """Change nothing: it is not a module that is different."""

    def of(self, queues: Mapping[str, Any]) -> dict[str, Any]:
        """Return the template's queues with this one changed."""
        if self.place not in queues:
            raise LookupError(f"expected a queue {self.place}")
        changed = replace(queues[self.place], max_receive_count=self.most)
        return {**queues, self.place: changed}
