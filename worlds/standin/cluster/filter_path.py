"""`filter_path`: which parts of an answer are wanted, compiled as they are met."""

import re
from typing import Final

# Places in patterns: which pattern, and how many of its segments are matched.
Places = frozenset[tuple[int, int]]

_GONE: Final = object()


# What to keep of an object with these fields, and where each of them leads: to another
# place, or to None, from where on everything is wanted.
_Steps = list[tuple[str, "_Place | None"]]


class _Nothing:
    """The end of a walk to what nobody wants."""


_NOTHING = _Nothing()


class _Place:
    """A place in the walk; its steps are remembered, for jobs have the same fields.

    `wanted` is None inside of what is wanted.
    """

    def __init__(self, wanted: Places | None, unwanted: Places) -> None:
        self.wanted = wanted
        self.unwanted = unwanted
        self.steps: dict[tuple[str, ...], _Steps] = {}


class Paths:
    """A set of patterns as an automaton over field names."""

    def __init__(self, patterns: list[str]) -> None:
        self._patterns = [
            [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", pattern)]
            for pattern in patterns
        ]
        self.start = self._skip_stars({(i, 0) for i in range(len(patterns))})

    def step(self, places: Places, name: str) -> Places | None:
        """Walk into a field; None means that a pattern is matched to its end."""
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
        self._places: dict[tuple[Places | None, Places], _Place] = {}
        # Without an inclusion everything is wanted.
        self._start = self._place(self._wanted.start or None, self._unwanted.start)

    def apply(self, body: object) -> object:
        """Keep what is wanted; what loses everything goes, the body itself stays."""
        if self._start is None:
            return body
        kept = self._keep(body, self._start)
        return {} if kept is _GONE else kept

    def _keep(self, value: object, place: _Place) -> object:
        if callable(value):
            value = value()
        if isinstance(value, dict):
            return self._keep_fields(value, place)
        if isinstance(value, list):
            kept = [self._keep(element, place) for element in value]
            kept = [element for element in kept if element is not _GONE]
            return kept if kept or (place.wanted is None and not value) else _GONE
        return value if place.wanted is None else _GONE

    def _keep_fields(self, fields: dict[str, object], place: _Place) -> object:
        kept = {}
        names = tuple(fields)
        steps = place.steps.get(names)
        if steps is None:
            steps = place.steps[names] = self._steps(place, names)
        for name, inside in steps:
            part = fields[name]
            if type(part) is dict and inside is not None:
                part = self._keep_fields(part, inside)
            elif inside is not None:
                part = self._keep(part, inside)
            if part is not _GONE:
                kept[name] = part
        return kept if kept or (place.wanted is None and not fields) else _GONE

    def _steps(self, place: _Place, names: tuple[str, ...]) -> _Steps:
        steps = ((name, self._step(place, name)) for name in names)
        return [(name, to) for name, to in steps if not isinstance(to, _Nothing)]

    def _step(self, place: _Place, name: str) -> _Place | _Nothing | None:
        inside: Places | None = None
        if place.wanted is not None:
            inside = self._wanted.step(place.wanted, name)
        outside: Places | None = self._unwanted.step(place.unwanted, name)
        if outside is None or inside == frozenset():
            return _NOTHING
        return self._place(inside, outside)

    def _place(self, wanted: Places | None, unwanted: Places) -> _Place | None:
        key = (wanted, unwanted)
        if wanted is None and not unwanted:
            return None
        if key not in self._places:
            self._places[key] = _Place(wanted, unwanted)
        return self._places[key]


def _matches(wanted: str, name: str) -> bool:
    if "*" not in wanted:
        return wanted == name
    return bool(re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), name))
