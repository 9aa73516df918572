"""Byte sizes as Elasticsearch reads and writes them."""

import re
from functools import lru_cache

from standin.cluster.errors import ClusterError

_POWERS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SIZE = re.compile(r"(\d{1,15})(?:(b)|([kmgtp])b?)")
MEGABYTE = 1 << 20


@lru_cache(maxsize=256)
def read_bytes(text: str, name: str) -> int:
    """Read a size such as `512mb` or `3g`."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        reason = (
            f"failed to parse setting [{name}] with value [{text}] as a size in bytes: "
            "unit is missing or unrecognized"
        )
        raise ClusterError(400, "parse_exception", reason)
    return int(match[1]) << 10 * _POWERS[match[2] or match[3]]


def write_bytes(size: int) -> str:
    """Write a size in its largest unit, with one decimal where one is left."""
    for unit in "ptgmk":
        whole = 1 << 10 * _POWERS[unit]
        if size >= whole:
            shown = f"{size / whole:.1f}"
            return f"{shown.removesuffix('.0')}{unit}b"
    return f"{size}b"


def megabytes(value: object, name: str) -> int:
    """Read a memory limit: a bare number counts megabytes."""
    if isinstance(value, int):
        return value
    return read_bytes(str(value), name) // MEGABYTE
