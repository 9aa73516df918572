"""Reads the bodies of configurations as strictly as the server's parsers do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standin.cluster.call import Call, parse_error, token
from standin.cluster.errors import ClusterError, illegal_argument
from standin.cluster.times import time_value


@dataclass(frozen=True)
class Shape:
    """The name of a parser, and the fields that it knows.

    A field is `text`, `number`, `flag`, `time` (as `30s`), `texts` (one or a list),
    `object`, `any`, another shape, or a list with one shape. Those `required` are
    demanded of a shape inside another one.
    """

    parser: str
    fields: Mapping[str, Any]
    required: tuple[str, ...] = ()


_TOKENS = {
    "text": {"VALUE_STRING", "VALUE_NUMBER", "VALUE_BOOLEAN"},
    "number": {"VALUE_NUMBER", "VALUE_STRING"},
    "flag": {"VALUE_BOOLEAN", "VALUE_STRING"},
    "time": {"VALUE_STRING", "VALUE_NUMBER", "VALUE_BOOLEAN"},
    "texts": {"START_ARRAY", "VALUE_STRING"},
    "object": {"START_OBJECT"},
    "size": {"VALUE_STRING", "VALUE_NUMBER"},
}


def read_object(call: Call, shape: Shape) -> dict[str, Any]:
    """Read the body of a request into the fields of a shape."""
    if not call.body.strip():
        raise ClusterError(400, "parse_exception", "request body is required")
    try:
        # Python would read NaN, which is no JSON.
        value = json.loads(call.body, parse_constant=float_of_nothing)
    except (ValueError, RecursionError):
        raise parse_error(call.body, shape.parser, "", "Unexpected character") from None
    if not isinstance(value, dict):
        reason = f"Expected START_OBJECT but was: {token(value)}"
        raise parse_error(call.body, shape.parser, "", reason)
    return check(value, shape, call.body)


def float_of_nothing(name: str) -> float:
    """Refuse what is no number in JSON."""
    raise ValueError(name)


def check(value: Mapping[str, Any], shape: Shape, body: str) -> dict[str, Any]:
    """Refuse unknown fields and values of a wrong type."""
    read = {}
    for name, given in value.items():
        if name not in shape.fields:
            reason = f"unknown field [{name}]"
            raise parse_error(body, shape.parser, name, reason)
        try:
            read[name] = _field(given, name, shape, body)
        except ClusterError as error:
            if error.kind != "x_content_parse_exception" or _is_own(error, shape):
                raise
            reason = f"failed to parse field [{name}]"
            raise parse_error(body, shape.parser, name, reason, error) from None
    return read


def _is_own(error: ClusterError, shape: Shape) -> bool:
    return f"[{shape.parser}]" in str(error.reason)


def _field(given: Any, name: str, shape: Shape, body: str) -> Any:
    kind = shape.fields[name]
    if kind == "any" or given is None:
        return given
    if isinstance(kind, list):
        _check_token(given, name, {"START_ARRAY"}, shape, body)
        return [_nested(each, name, kind[0], shape, body) for each in given]
    if isinstance(kind, Shape):
        return _nested(given, name, kind, shape, body)
    _check_token(given, name, _TOKENS[kind], shape, body)
    return _coerced(given, name, kind, shape, body)


def _nested(given: Any, name: str, kind: Shape, shape: Shape, body: str) -> Any:
    _check_token(given, name, {"START_OBJECT"}, shape, body)
    read = check(given, kind, body)
    for wanted in kind.required:
        if read.get(wanted) is None:
            cause = illegal_argument(f"Required [{wanted}]")
            reason = f"failed to parse field [{name}]"
            raise parse_error(body, shape.parser, name, reason, cause)
    return read


def _coerced(given: Any, name: str, kind: str, shape: Shape, body: str) -> Any:
    if kind == "text":
        return json.dumps(given) if not isinstance(given, str) else given
    if kind == "texts":
        texts = [given] if isinstance(given, str) else given
        for each in texts:
            _check_token(each, name, {"VALUE_STRING"}, shape, body)
        return texts
    if kind not in _READERS:
        return given
    try:
        return _READERS[kind](given, name)
    except ClusterError as cause:
        reason = f"failed to parse field [{name}]"
        raise parse_error(body, shape.parser, name, reason, cause) from None


def _flag(given: bool | str, _: str) -> bool:
    if given in {True, False, "true", "false"}:
        return given in {True, "true"}
    raise illegal_argument(
        f"Failed to parse value [{given}] as only [true] or [false] are allowed."
    )


def _number(given: Any, _: str) -> int:
    try:
        return int(given)
    except (ValueError, OverflowError):
        raise illegal_argument(f'For input "{given}"') from None


def _time(given: Any, name: str) -> str:
    text = given if isinstance(given, str) else json.dumps(given)
    time_value(text, name)
    return text


_READERS: Mapping[str, Any] = {"flag": _flag, "number": _number, "time": _time}


def _check_token(
    given: Any, name: str, wanted: set[str], shape: Shape, body: str
) -> None:
    if token(given) not in wanted:
        reason = f"{name} doesn't support values of type: {token(given)}"
        raise parse_error(body, shape.parser, name, reason)
