"""Java's regular expressions, as test files write them, for Python."""

import re
from collections.abc import Iterator

from conformance.errors import Unsupported

_PIECE = re.compile(r"\\.|\s+|.", re.DOTALL)
_POSIX = {"Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "Upper": "A-Z"}
_POSIX |= {"Lower": "a-z", "XDigit": "0-9a-fA-F", "L": "a-zA-Z", "Punct": "!-/:-@"}


def is_regex(value: object) -> bool:
    """Say whether a text is written between slashes."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def matches(regex: str, text: str, *, comments: bool = False) -> bool:
    """Find what stands between the slashes; `comments` is Java's flag x."""
    pattern = _java(regex.strip()[1:-1])
    if comments:
        pattern = "".join(_without_blanks_in_classes(pattern))
    try:
        return re.search(pattern, text, re.VERBOSE if comments else 0) is not None
    except re.error as problem:
        raise Unsupported(f"regular expression {regex}: {problem}") from problem


def _java(pattern: str) -> str:
    pattern = re.sub(
        r"\\p\{(\w+)\}", lambda match: f"[{_POSIX.get(match[1], '')}]", pattern
    )
    return pattern.replace(r"\z", r"\Z").replace(r"\h", "[ \\t]")


def _without_blanks_in_classes(pattern: str) -> Iterator[str]:
    # Java's flag ignores white space in a class as well; Python's does not.
    depth, comment = 0, False
    for match in _PIECE.finditer(pattern):
        piece = match[0]
        if comment or (piece == "#" and not depth):
            comment = "\n" not in piece
            continue
        if piece == "[":
            depth += 1
        elif piece == "]" and depth:
            depth -= 1
        if not (depth and piece.isspace()):
            yield piece
