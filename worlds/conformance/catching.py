"""How a request ended: `catch`, `ignore`, and the warnings of the response."""

import re
from collections.abc import Iterable
from typing import Any

from conformance.errors import Unmet, Unsupported
from conformance.regexes import is_regex, matches
from conformance.response import Response

NAMED = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "missing": 404,
    "request_timeout": 408,
    "conflict": 409,
    "gone": 410,
    "unavailable": 503,
}


def knows(catch: str) -> bool:
    """Say whether this is something that can be caught here."""
    return catch in NAMED or catch in ("request", "param") or is_regex(catch)


def check_end(catch: str | None, response: Response, ignored: Iterable[int]) -> None:
    """Raise unless the response is the success, or the error, that was demanded."""
    status = response.status
    seen = f"saw {status} {response.text:.300}"
    if catch is None:
        if status >= 400 and status not in ignored:
            raise Unmet(f"no error was to be caught: {seen}")
        return
    if not knows(catch):
        raise Unsupported(f"catch {catch}")
    if not _caught(catch, response):
        raise Unmet(f"catch {catch}: {seen}")


def _caught(catch: str, response: Response) -> bool:
    if response.status < 400:
        return False
    if catch in NAMED:
        return response.status == NAMED[catch]
    if catch == "request":
        return response.status not in NAMED.values() or response.status >= 500
    return matches(catch, response.error)


def check_warnings(given: dict[str, Any], warnings: list[str]) -> None:
    """Raise unless there are just the warnings that are expected or allowed.

    As in Elastic's own runner, those of a caught error are not looked at.
    """
    if given.get("catch"):
        return
    expected = list(given.get("warnings") or [])
    patterns = list(given.get("warnings_regex") or [])
    for each in expected:
        if each not in warnings:
            raise Unmet(f"warnings: {each!r} did not come, but {warnings}")
    for each in patterns:
        if not any(_fits(each, warning) for warning in warnings):
            raise Unmet(f"warnings_regex: {each!r} did not come, but {warnings}")
    allowed = expected + list(given.get("allowed_warnings") or [])
    patterns += list(given.get("allowed_warnings_regex") or [])
    for warning in warnings:
        if warning in allowed or any(_fits(each, warning) for each in patterns):
            continue
        raise Unmet(f"warnings: {warning!r} was not expected")


def _fits(pattern: str, warning: str) -> bool:
    inner = pattern.strip("/") if is_regex(pattern) else pattern
    return re.fullmatch(inner, warning) is not None
