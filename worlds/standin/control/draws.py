"""Reads how long closings shall take; it knows no cluster."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from standin.cluster.durations import lognormal
from standin.control.fields import (
    FieldError,
    Fields,
    check_known,
    read_choice,
    read_duration,
    read_integer,
    read_number,
    read_object,
)

Draw = Callable[[], timedelta]

_LOGNORMAL = ("median", "sigma", "seed")


def read_draw(fields: Fields) -> Draw:
    """Read `fixed`, the same for all, or `lognormal`, which draws."""
    choice = read_choice(fields, ("fixed", "lognormal"))
    read = _read_fixed if choice == "fixed" else _read_lognormal
    return read(fields[choice])


def _read_fixed(value: object) -> Draw:
    takes = read_duration("fixed", value)
    return lambda: takes


def _read_lognormal(value: object) -> Draw:
    fields = read_object("lognormal", value)
    check_known(fields, _LOGNORMAL, "lognormal")
    median, sigma, seed = (fields.get(name) for name in _LOGNORMAL)
    middle = read_duration("lognormal.median", median)
    if not middle:
        raise FieldError("lognormal.median", "a time value above zero", median)
    width = read_number("lognormal.sigma", sigma, 0, 10)
    source = Random(read_integer("lognormal.seed", seed, 0, 2**63))  # noqa: S311  (a simulation)
    return lognormal(source, middle, width)
