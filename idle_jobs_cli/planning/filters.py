"""Which jobs of a plan to show; pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

_SIZE = re.compile(r"(\d{1,12})\s*(b|kb|mb|gb|tb)?", re.IGNORECASE)
_UNITS = ("b", "kb", "mb", "gb", "tb")


def size(text: str) -> int:
    """Return a byte size such as `512mb` as Elasticsearch writes it, in bytes."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a byte size such as 512mb or 2gb, got {text!r:.60}")
    power = _UNITS.index((match[2] or "b").lower())
    return int(match[1]) * int(1024**power)


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are given have to fit; of several values of one, any."""

    reasons: Collection[str] = ()
    actions: Collection[str] = ()
    groups: Collection[str] = ()
    larger_than: int = 0

    def fit(self, entry: Mapping[str, Any]) -> bool:
        """Return whether to show an entry of a plan."""
        return (
            (not self.reasons or entry["reason"] in self.reasons)
            and (not self.actions or entry["action"] in self.actions)
            and (not self.groups or not set(self.groups).isdisjoint(entry["groups"]))
            and (not self.larger_than or entry["memory_bytes"] > self.larger_than)
        )
