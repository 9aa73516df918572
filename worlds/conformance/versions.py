"""Versions, and whether they lie in the ranges that test files name."""

import re

Version = tuple[int, int, int]


def read_version(text: str) -> Version:
    """Read `8.9.0`, `8.9` or `8.0.0.alpha1`."""
    numbers = re.findall(r"\d+", re.split(r"[-+]", text.strip())[0])[:3]
    if not numbers:
        raise ValueError(f"{text!r} is no version")
    major, minor, patch, *_ = (*(int(each) for each in numbers), 0, 0)
    return major, minor, patch


def in_ranges(version: Version, ranges: str) -> bool:
    """Say whether a version lies in one of the ranges: `all`, ` - 7.99, 8.8 - `."""
    return any(_within(version, each.strip()) for each in ranges.split(","))


def _within(version: Version, given: str) -> bool:
    if given == "all":
        return True
    first, dash, last = (each.strip() for each in given.partition("-"))
    if not dash:
        return version == read_version(first)
    above = not first or version >= read_version(first)
    return above and (not last or version <= read_version(last))
