"""Finds places in a syntax tree by what they mean: functions, attributes, constants.

Names of local variables mean nothing here: whoever renames one breaks no mutant.
"""

import ast
from collections.abc import Iterator
from typing import Any


def expression(text: str) -> ast.expr:
    """Return an expression's tree."""
    return ast.parse(text, mode="eval").body


def function_of(tree: ast.Module, name: str) -> ast.FunctionDef:
    """Return the function of this name, `Class.method` or `outer.inner`."""
    body: list[ast.stmt] = tree.body
    found: ast.stmt = ast.Pass()
    for part in name.split("."):
        found = one(
            (
                node
                for node in body
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
                and node.name == part
            ),
            f"one {part} of {name}",
        )
        body = getattr(found, "body", [])
    if not isinstance(found, ast.FunctionDef):
        raise LookupError(f"{name}: expected a function")
    return found


def mentions(node: ast.AST, name: str) -> bool:
    """Tell whether a name, an attribute or a keyword of this name is in a tree."""
    return any(named(each, name) for each in ast.walk(node))


def named(node: object, name: str) -> bool:
    """Tell whether a node is a name, an attribute, a keyword or a text like this."""
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.Attribute):
        return node.attr == name
    if isinstance(node, ast.Constant):
        return node.value == name
    return isinstance(node, ast.keyword) and node.arg == name


def has_parts(node: ast.AST, about: str) -> bool:
    """Tell whether a smaller `and` or `or` in it is the one that asks."""
    return any(
        isinstance(each, ast.BoolOp) and mentions(each, about)
        for each in ast.walk(node)
    )


def assigned(tree: ast.Module, name: str) -> Iterator[ast.Assign | ast.AnnAssign]:
    """Yield what gives a name of a module its value."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(named(target, name) for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            yield node


def bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield every block of statements."""
    for each in ast.walk(node):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(each, field, None)
            if isinstance(block, list):
                yield block


def calls(node: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a name."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and named(each.func, name):
            yield each


def one(found: Iterator[Any], what: str) -> Any:
    """Return what was found, if it is one; LookupError says what was expected."""
    places = list(found)
    if len(places) != 1:
        raise LookupError(f"expected {what} once, found {len(places)} times")
    return places[0]
