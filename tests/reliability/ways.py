"""In which way a test shows a row's end, read from its source as its mark is."""

import ast
from collections.abc import Mapping
from functools import cache

from reliability.marks import ROOT, Mark

# What a test names, itself or through its file's own functions and fixtures.
_SCHEDULES = {"spend", "Schedule"}
_SERVERS = {"serve", "RawServer", "Runner", "killing", "stack", "start"}


def way_of(mark: Mark) -> str:
    """Return S of a test that runs a schedule, H of one that speaks HTTP, or T.

    As `matrix.Row` has them: who runs neither reads the template or the code.
    """
    own, named, ahead = _named_in(mark.path), set[str](), [mark.test]
    while ahead:
        name = ahead.pop()
        if name not in named:
            named.add(name)
            ahead += own.get(name, ())
    if named & _SCHEDULES:
        return "S"
    return "H" if named & _SERVERS else "T"


@cache
def _named_in(path: str) -> Mapping[str, set[str]]:
    """Return the names in each function of a file, its arguments included."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        function.name: {
            node.id if isinstance(node, ast.Name) else node.arg
            for node in ast.walk(function)
            if isinstance(node, ast.Name | ast.arg)
        }
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
    }
