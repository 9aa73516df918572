"""Breaks the product in one place, in this process only; no file is touched.

A function keeps its identity and gets other code, so that all who have imported it, and
all tables that hold it, run the wrong one.
"""

import ast
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import getsource, unwrap
from types import CodeType, FunctionType, ModuleType
from typing import Any

from mutants.changes import Constant, Without, Wrong
from mutants.mutant import Mutant
from mutants.places import assigned, one


def break_product(mutant: Mutant) -> None:
    """Apply a mutant's change to this process; LookupError where it finds no place."""
    module, change = import_module(mutant.module), mutant.change
    tree = changed(getsource(module), mutant)
    if isinstance(change, Constant | Without):
        _give(module, change.place, tree)
        return
    owner, function = _found(module, change.place)
    if isinstance(change, Wrong):
        _replace(owner, function, change.does)
    else:
        code = compile(tree, module.__file__ or "", "exec")
        function.__code__ = _code_of(code, change.place)


def changed(source: str, mutant: Mutant) -> ast.Module:
    """Return a module's tree with the change in it."""
    tree = ast.parse(source)
    mutant.change.apply(tree)
    return ast.fix_missing_locations(tree)


def _give(module: ModuleType, name: str, tree: ast.Module) -> None:
    """Give a constant its new value, wherever it has been imported to."""
    node = ast.Expression(one(assigned(tree, name), name).value)
    value = eval(compile(node, name, "eval"), vars(module))  # noqa: S307 - our own
    old = vars(module)[name]
    for each in list(sys.modules.values()):
        if vars(each).get(name) is old:
            setattr(each, name, value)


def _found(module: ModuleType, name: str) -> tuple[Any, FunctionType]:
    owner: Any = module
    *classes, last = name.split(".")
    for each in classes:
        owner = vars(owner)[each]
    function = unwrap(vars(owner)[last])
    if not isinstance(function, FunctionType):
        raise LookupError(f"{name}: expected a function, got {function!r}")
    return owner, function


def _replace(owner: Any, function: FunctionType, does: Callable[..., Any]) -> None:
    if isinstance(owner, type):

        def wrong(*given: Any, **named: Any) -> Any:
            return does(function, *given, **named)

        setattr(owner, function.__name__, wrong)
        return
    right = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    right.__kwdefaults__ = function.__kwdefaults__
    function.__globals__["_does_wrong"] = partial(does, right)
    function.__code__ = _instead.__code__
    function.__defaults__ = function.__kwdefaults__ = None


def _instead(*given: Any, **named: Any) -> Any:
    return _does_wrong(*given, **named)  # type: ignore[name-defined] # noqa: F821


def _code_of(code: CodeType, name: str) -> CodeType:
    for part in name.split("."):
        inner = (c for c in code.co_consts if isinstance(c, CodeType))
        code = one((c for c in inner if c.co_name == part), f"the code of {part}")
    return code


class _Product:
    """The product's modules, by name, for what a wrong implementation does."""

    def __getattr__(self, module: str) -> Any:
        return import_module(f"idle_jobs.{module}")


ours = _Product()
