"""The stand-in filters answers as `filter_path` says."""

import pytest

from standin.cluster.filter_path import PathFilter

BODY: dict[str, object] = {
    "count": 2,
    "jobs": [
        {"id": "a", "node": {"id": "n", "name": "x"}, "tags": [], "a.b": 1},
        {"id": "b", "late": lambda: {"id": "l", "size": 1}},
    ],
    "none": [],
    "empty": {},
}
EVERYTHING = {
    **BODY,
    "jobs": [
        {"id": "a", "node": {"id": "n", "name": "x"}, "tags": [], "a.b": 1},
        {"id": "b", "late": {"id": "l", "size": 1}},
    ],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count", {"count": 2}),
        ("jobs.id", {"jobs": [{"id": "a"}, {"id": "b"}]}),
        ("count,jobs.node.id", {"count": 2, "jobs": [{"node": {"id": "n"}}]}),
        ("c*", {"count": 2}),
        ("jobs.*.id", {"jobs": [{"node": {"id": "n"}}, {"late": {"id": "l"}}]}),
        (
            "**.id",
            {
                "jobs": [
                    {"id": "a", "node": {"id": "n"}},
                    {"id": "b", "late": {"id": "l"}},
                ]
            },
        ),
        ("jobs.**.size", {"jobs": [{"late": {"size": 1}}]}),
        (r"jobs.a\.b", {"jobs": [{"a.b": 1}]}),
        (
            "jobs,-jobs.node,-**.late",
            {"jobs": [{"id": "a", "tags": [], "a.b": 1}, {"id": "b"}]},
        ),
        ("-jobs", {"count": 2, "none": [], "empty": {}}),
        ("-jobs.*,-none,-empty", {"count": 2}),
        ("none", {"none": []}),
        ("none.x,empty.x,jobs.tags.x", {}),
        ("nothing", {}),
        ("count.x", {}),
        ("", EVERYTHING),
        ("**", EVERYTHING),
        ("-nothing", EVERYTHING),
    ],
)
def test_keeps(expression: str, expected: object) -> None:
    """What is wanted stays, and what loses everything goes."""
    kept = PathFilter(expression).apply(BODY)

    assert expected == _worked_out(kept)


def _worked_out(value: object) -> object:
    if callable(value):
        return value()
    if isinstance(value, dict):
        return {name: _worked_out(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_worked_out(part) for part in value]
    return value


def test_works_out_only_what_is_wanted() -> None:
    """A part that is not asked for is never worked out."""

    def never() -> None:
        raise AssertionError

    assert PathFilter("id").apply({"id": 1, "late": never}) == {"id": 1}
