"""`filter_path`: which parts of an answer are wanted, compiled as they are met."""

import re
from collections.abc import Mapping

# A place in a pattern: which pattern, and how many of its segments are matched.
Places = frozenset[tuple[int, int]]

_GONE = object()


class Paths:
    """A set of patterns as an automaton over field names; steps are remembered."""

    def __init__(self, patterns: list[str]) -> None:
        self._patterns = [
            [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", pattern)]
            for pattern in patterns
        ]
        self._steps: dict[tuple[Places, str], Places | None] = {}
        self.start = self._skip_stars({(i, 0) for i in range(len(patterns))})

    def step(self, places: Places, name: str) -> Places | None:
        """Walk into a field; None means that a pattern is matched to its end."""
        key = (places, name)
        if key not in self._steps:
            self._steps[key] = self._walk(places, name)
        return self._steps[key]

    def _walk(self, places: Places, name: str) -> Places | None:
        walked = set()
        for pattern, matched in places:
            left = self._patterns[pattern][matched:]
            if left[:1] == ["**"]:
                walked.add((pattern, matched))
            elif left and _matches(left[0], name):
                walked.add((pattern, matched + 1))
        after = self._skip_stars(walked)
        done = any(len(self._patterns[i]) == matched for i, matched in after)
        return None if done else after

    def _skip_stars(self, places: set[tuple[int, int]]) -> Places:
        # A double star also stands for no field at all.
        found = set(places)
        for pattern, matched in places:
            parts, at = self._patterns[pattern], matched
            while at < len(parts) and parts[at] == "**":
                at += 1
                found.add((pattern, at))
        return frozenset(found)


class PathFilter:
    """One `filter_path`: a comma list, exclusions begin with a minus sign."""

    def __init__(self, expression: str) -> None:
        pieces = [piece.strip() for piece in expression.split(",") if piece.strip()]
        self._wanted = Paths([piece for piece in pieces if piece[0] != "-"])
        self._unwanted = Paths([piece[1:] for piece in pieces if piece[0] == "-"])

    def apply(self, body: object) -> object:
        """Keep what is wanted; what loses everything goes, the body itself stays."""
        # Without an inclusion everything is wanted, which is what None says.
        wanted = self._wanted.start or None
        kept = self._keep(body, wanted, self._unwanted.start)
        return {} if kept is _GONE else kept

    def _keep(self, value: object, wanted: Places | None, unwanted: Places) -> object:
        if wanted is None and not unwanted:
            return value
        if callable(value):
            value = value()
        if isinstance(value, Mapping):
            return self._keep_fields(value, wanted, unwanted)
        if isinstance(value, list):
            kept = [self._keep(element, wanted, unwanted) for element in value]
            kept = [element for element in kept if element is not _GONE]
            return kept if kept or (wanted is None and not value) else _GONE
        return value if wanted is None else _GONE

    def _keep_fields(
        self, fields: Mapping[str, object], wanted: Places | None, unwanted: Places
    ) -> object:
        kept = {}
        for name, value in fields.items():
            inside = None if wanted is None else self._wanted.step(wanted, name)
            outside = self._unwanted.step(unwanted, name) if unwanted else unwanted
            if outside is None or inside == frozenset():
                continue
            part = self._keep(value, inside, outside)
            if part is not _GONE:
                kept[name] = part
        return kept if kept or (wanted is None and not fields) else _GONE


def _matches(wanted: str, name: str) -> bool:
    if "*" not in wanted:
        return wanted == name
    return bool(re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), name))
