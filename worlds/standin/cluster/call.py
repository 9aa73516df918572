"""A request as an action sees it: ids, parameters, and the time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from standin.cluster.errors import ClusterError, illegal_argument
from standin.cluster.privileges import SUPERUSER, Caller
from standin.cluster.times import time_value, told_time

# Every endpoint takes these.
ALWAYS = frozenset({"pretty", "human", "error_trace", "filter_path", "format"})


@dataclass(frozen=True)
class Reply:
    """What an action answers, and how long that takes.

    A body of text is sent as it is. `table` is what the body is to somebody who asks
    for no form. `again` asks once more while the answer is held: what comes meanwhile
    may change it, and when it is due.
    """

    body: dict[str, object] | list[dict[str, object]] | str
    after: timedelta = timedelta()
    status: int = 200
    table: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    again: "Callable[[], Reply] | None" = None


@dataclass(frozen=True)
class Call:
    """The ids of the path are decoded; `given` is the query or the body, never both."""

    ids: str | None
    now: datetime
    given: Mapping[str, object] = field(default_factory=dict)
    # The parser's name, when the parameters came in a body; the body in any case.
    parser: str = ""
    body: str = ""
    caller: Caller = SUPERUSER
    opaque_id: str = ""

    def flag(self, name: str, default: bool) -> bool:
        """Read a boolean; a bare `?force` in a query means true."""
        value = self.given.get(name, default)
        if isinstance(value, bool):
            return value
        # A body may hold anything, a value that cannot be in a set among it.
        if value in ("true", "false") or (value == "" and not self.parser):
            return value != "false"
        self._check_type(name, value)
        raise self._bad_field(
            name,
            illegal_argument(
                f"Failed to parse value [{value}] as only [true] or [false] are "
                "allowed."
            ),
        )

    def time(self, name: str, default: str) -> tuple[timedelta, str]:
        """Read how long to wait; return it with how Elasticsearch tells it.

        The timer of a wait of -1 goes off at once.
        """
        value = self.given.get(name, default)
        self._check_type(name, value)
        text = str(value)
        try:
            return max(time_value(text, name), timedelta()), told_time(text, name)
        except ClusterError as error:
            raise self._bad_field(name, error) from None

    def _check_type(self, name: str, value: object) -> None:
        if isinstance(value, str):
            return
        reason = f"{name} doesn't support values of type: {token(value)}"
        raise parse_error(self.body, self.parser, name, reason)

    def _bad_field(self, name: str, error: ClusterError) -> ClusterError:
        if not self.parser:
            return error
        reason = f"failed to parse field [{name}]"
        return parse_error(self.body, self.parser, name, reason, error)


def read_body(text: str, parser: str, known: frozenset[str]) -> dict[str, object]:
    """Read parameters from a body, as strictly as Elasticsearch."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise parse_error(text, parser, "", "Unexpected character") from None
    if not isinstance(given, dict):
        raise parse_error(text, parser, "", "Expected START_OBJECT")
    for name in given:
        if name not in known:
            raise parse_error(text, parser, name, f"unknown field [{name}]")
    return given


def parse_error(
    body: str,
    parser: str,
    name: str,
    reason: str,
    caused_by: ClusterError | None = None,
) -> ClusterError:
    """Refuse a body, pointing at the field (wording assumed)."""
    before = body[: max(body.find(f'"{name}"'), 0)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    where = f"[{line}:{column}] [{parser}] {reason}"
    return ClusterError(400, "x_content_parse_exception", where, caused_by=caused_by)


def refuse_unknown(path: str, query: Mapping[str, str], known: frozenset[str]) -> None:
    """Refuse parameters that the endpoint does not read."""
    unknown = sorted(query.keys() - known - ALWAYS)
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        names = ", ".join(f"[{name}]" for name in unknown)
        raise illegal_argument(
            f"request [{path}] contains unrecognized parameter{plural}: {names}"
        )


def token(value: object) -> str:
    """Name the kind of a JSON value as the parsers do."""
    match value:
        case None:
            return "VALUE_NULL"
        case bool():
            return "VALUE_BOOLEAN"
        case str():
            return "VALUE_STRING"
        case int() | float():
            return "VALUE_NUMBER"
        case list():
            return "START_ARRAY"
        case _:
            return "START_OBJECT"
