"""Few choices among which each pair of values of any two axes comes together."""

from collections.abc import Mapping, Sequence
from itertools import combinations

Choice = dict[str, int]
"""Which value of each axis is chosen, by its number."""

_Pair = tuple[str, int, str, int]


def all_pairs(axes: Mapping[str, Sequence[object]]) -> list[Choice]:
    """Return choices that have every pair, each greedily made of the most new ones."""
    missing = {
        (one, i, other, j)
        for one, other in combinations(axes, 2)
        for i in range(len(axes[one]))
        for j in range(len(axes[other]))
    }
    choices = []
    while missing:
        one, i, other, j = min(missing)
        choice = {one: i, other: j}
        for axis in axes:
            if axis not in choice:
                choice[axis] = _best(choice, axis, len(axes[axis]), missing)
        missing -= _pairs(choice, list(axes))
        choices.append(choice)
    return choices


def _best(choice: Choice, axis: str, values: int, missing: set[_Pair]) -> int:
    order = [*choice, axis]

    def new(value: int) -> int:
        had = choice | {axis: value}
        return sum(
            (a, had[a], b, had[b]) in missing or (b, had[b], a, had[a]) in missing
            for a, b in ((a, axis) for a in order[:-1])
        )

    return max(range(values), key=new)


def _pairs(choice: Choice, axes: list[str]) -> set[_Pair]:
    return {(a, choice[a], b, choice[b]) for a, b in combinations(axes, 2)}
