"""Faults as JSON, with the fields of `Fault`; bytes are text, and spans time values."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, get_args, get_type_hints

from standin.cluster.faults import Fault
from standin.control.fields import (
    FieldError,
    Fields,
    check_known,
    read_duration,
    read_integer,
    read_moment,
    read_object,
    read_text,
    read_word,
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
_KINDS = get_args(get_type_hints(Fault)["kind"])
_NAME = re.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile("[ -~]*")


def read_fault(fields: Fields) -> Fault:
    """Read a fault; a field that is left out is as `Fault` has it."""
    check_known(fields, _READERS)
    return Fault(**{n: _READERS[n](n, value) for n, value in fields.items()})


def show_fault(fault: Fault) -> Mapping[str, Any]:
    """Write a fault with all its fields; `times` is how often it will still strike."""
    return {name: _shown(getattr(fault, name)) for name in _READERS}


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(milliseconds=1)}ms"
    return dict(value) if isinstance(value, Mapping) else value


def _path(field: str, value: object) -> str:
    pattern = read_text(field, value)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        raise FieldError(field, "a regular expression", value) from None
    return pattern


def _headers(field: str, value: object) -> Mapping[str, str]:
    headers = {n: read_text(f"{field}.{n}", v) for n, v in _object(field, value)}
    for name, text in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
            raise FieldError(f"{field}.{name}", "a header in ASCII", text)
    return headers


def _object(field: str, value: object) -> list[tuple[str, object]]:
    return list(read_object(field, value).items())


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "path": _path,
    "method": lambda field, value: read_word(field, value, _METHODS),
    "start": read_moment,
    "until": read_moment,
    "times": lambda field, value: read_integer(field, value, 1, 1_000_000),
    "kind": lambda field, value: read_word(field, value, _KINDS),
    "status": lambda field, value: read_integer(field, value, 200, 599),
    "body": lambda field, value: read_text(field, value).encode(),
    "headers": _headers,
    "delay": read_duration,
}
