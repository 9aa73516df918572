"""The assertions of a test section; each raises `Unmet` and says what it saw."""

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from conformance.context import Context
from conformance.errors import Unmet
from conformance.regexes import is_regex, matches
from conformance.response import java_text

Assertion = Callable[[Context, str, Any], bool]


def check(context: Context, kind: str, given: Any) -> None:
    """Check an assertion, `is_true: path` or `match: {path: expected, …}`."""
    pairs = given.items() if isinstance(given, dict) else [(given, None)]
    for path, expected in pairs:
        wanted = context.stash.fill(expected)
        if not ASSERTIONS[kind](context, str(path), wanted):
            seen = java_text(context.see(str(path)))
            demand = "" if expected is None else f" {java_text(wanted)}"
            raise Unmet(f"{kind} {path}{demand}: saw {seen:.300}")


def match(context: Context, path: str, expected: Any) -> bool:
    """Compare with a value, or with a regular expression between slashes."""
    actual = context.see(path)
    if not is_regex(expected):
        return equal(expected, actual)
    text = context.response.text if path == "$body" else actual
    return isinstance(text, str) and matches(expected, text, comments=True)


def equal(expected: Any, actual: Any) -> bool:
    """Compare as JSON: 1 is 1.0, but neither is true."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            equal(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(equal, expected, actual))
    return bool(expected == actual)


def is_true(context: Context, path: str, _: Any) -> bool:
    """Demand a value that is neither missing nor empty, `false` or `0`."""
    return java_text(context.see(path)).lower() not in ("null", "", "false", "0")


def is_false(context: Context, path: str, expected: Any) -> bool:
    """Demand the opposite."""
    return not is_true(context, path, expected)


def exists(context: Context, path: str, _: Any) -> bool:
    """Demand that the path leads somewhere, be it to nothing."""
    return context.look(path)[0]


def not_exists(context: Context, path: str, _: Any) -> bool:
    """Demand that the path leads nowhere."""
    return not context.look(path)[0]


def length(context: Context, path: str, expected: Any) -> bool:
    """Compare the length of a text, a list or an object."""
    actual = context.see(path)
    return isinstance(actual, str | list | dict) and len(actual) == int(expected)


def contains(context: Context, path: str, expected: Any) -> bool:
    """Find a text in a text, or an object by some of its fields in a list."""
    actual = context.see(path)
    if isinstance(actual, str):
        return isinstance(expected, str) and expected in actual
    if not isinstance(actual, list):
        return False
    return any(
        equal(expected, each)
        or (
            isinstance(expected, dict)
            and isinstance(each, dict)
            and all(equal(value, each.get(key)) for key, value in expected.items())
        )
        for each in actual
    )


def close_to(context: Context, path: str, expected: Any) -> bool:
    """Compare numbers within an error."""
    actual = context.see(path)
    return _is_number(actual) and bool(
        abs(actual - float(expected["value"])) <= float(expected["error"])
    )


def is_after(context: Context, path: str, expected: Any) -> bool:
    """Compare two instants."""
    instants = [str(context.see(path)), str(expected)]
    try:
        actual, bound = (datetime.fromisoformat(each) for each in instants)
    except ValueError:
        return False
    return actual > bound


def _compare(ordered: Callable[[Any, Any], bool]) -> Assertion:
    def assertion(context: Context, path: str, expected: Any) -> bool:
        actual = context.see(path)
        if isinstance(actual, str) and isinstance(expected, str):
            return ordered(actual, expected)
        return _is_number(actual) and _is_number(expected) and ordered(actual, expected)

    return assertion


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


ASSERTIONS: dict[str, Assertion] = {
    "match": match,
    "is_true": is_true,
    "is_false": is_false,
    "exists": exists,
    "not_exists": not_exists,
    "length": length,
    "contains": contains,
    "close_to": close_to,
    "is_after": is_after,
    "gt": _compare(operator.gt),
    "gte": _compare(operator.ge),
    "lt": _compare(operator.lt),
    "lte": _compare(operator.le),
}
