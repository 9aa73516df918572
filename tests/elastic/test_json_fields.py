"""Typed fields out of JSON that nobody vouches for."""

from datetime import UTC, datetime, timedelta

import pytest

from idle_jobs.elastic.json_fields import Fields, dig

DOCUMENT = {
    "text": "words",
    "count": 7,
    "share": 0.5,
    "flag": True,
    "nothing": None,
    "list": ["a", "b"],
    "mixed": ["a", 1],
    "time": 1_769_839_200_000,
    "huge": 10**18,
    "long": 2**63 - 1,
    "longer": 2**63,
    "span": "15m",
    "inner": {"text": "deep", "list": []},
}
PATHS: dict[str, tuple[str, object]] = {
    "a field": ("text", "words"),
    "a field of a field": ("inner.text", "deep"),
    "a field that is not there": ("absent", None),
    "a field of one that is not there": ("absent.text", None),
    "a field of a text": ("text.length", None),
    "a field of a list": ("list.0", None),
}


def fields() -> Fields:
    """Return a document's fields, nothing read yet."""
    return Fields(DOCUMENT)


@pytest.mark.parametrize(("path", "expected"), PATHS.values(), ids=PATHS)
def test_digging_never_breaks(path: str, expected: object) -> None:
    """A dotted path that ends early leads to nothing, whatever stands in its way."""
    assert expected == dig(DOCUMENT, path)


@pytest.mark.parametrize("source", [None, "text", 5, []], ids=repr)
def test_there_is_nothing_to_dig_in_what_is_no_object(source: object) -> None:
    """A document of another kind has no fields."""
    assert dig(source, "text") is None


def test_a_number_is_a_long_of_elasticsearchs() -> None:
    """One more, and it could be too large for a sum, a metric or Python's printer."""
    read = fields()

    assert (2**63 - 1, None) == (read.read("long", int), read.read("longer", int))
    assert ["longer: expected int, got 9223372036854775808"] == read.problems


@pytest.mark.parametrize("source", [None, "text", 5, []], ids=repr)
def test_there_are_no_fields_within_what_is_no_object(source: object) -> None:
    """Whatever stands where an object was expected, its fields are absent."""
    read = Fields({"inner": source}).within("inner")

    assert (None, "") == (read["text"], read.text("text"))
    assert [] == read.problems


def test_a_problem_within_an_object_is_told_by_its_whole_path() -> None:
    """All objects of a document tell their problems in one list, each by its path."""
    read = fields()
    read.within("inner").read("text", int)
    read.within("inner").within("list").time("absent", needed=True)

    assert [
        "inner.text: expected int, got 'deep'",
        "inner.list.absent: expected int, got None",
    ] == read.problems


def test_values_of_the_right_kind_are_read() -> None:
    """What is as expected raises no doubt."""
    read = fields()
    values = (read.read("count", int), read.read("flag", bool), read.text("text"))

    assert (7, True, "words") == values
    assert [] == read.problems


def test_what_is_absent_and_not_needed_raises_no_doubt() -> None:
    """Most fields may be absent; null is the same as absent."""
    read = fields()

    assert read.read("absent", int) is None
    assert ("", ()) == (read.text("nothing"), read.texts("absent"))
    assert (None, None) == (read.time("absent"), read.duration("nothing"))
    assert [] == read.problems


WRONG: dict[str, tuple[str, type, str]] = {
    "a text for a number": ("text", int, "text: expected int, got 'words'"),
    "a flag for a number": ("flag", int, "flag: expected int, got True"),
    "a fraction for a number": ("share", int, "share: expected int, got 0.5"),
    "a number for a flag": ("count", bool, "count: expected bool, got 7"),
    "a number for a text": ("count", str, "count: expected str, got 7"),
    "an object for a list": (
        "inner",
        list,
        "inner: expected list, got {'text': 'deep', 'list': []}",
    ),
}


@pytest.mark.parametrize(("path", "kind", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_kind_is_a_problem(path: str, kind: type, problem: str) -> None:
    """What cannot be read is remembered by name, and read as nothing."""
    read = fields()

    assert read.read(path, kind) is None
    assert [problem] == read.problems


def test_what_is_needed_and_absent_is_a_problem() -> None:
    """A needed field that is not there must not look like nought."""
    read = fields()

    assert read.read("absent", int, needed=True) is None
    assert read.time("nothing", needed=True) is None
    assert [
        "absent: expected int, got None",
        "nothing: expected int, got None",
    ] == read.problems


def test_epoch_milliseconds_are_a_time() -> None:
    """Elasticsearch writes every time as whole milliseconds since 1970."""
    assert datetime(2026, 1, 31, 6, tzinfo=UTC) == fields().time("time")


def test_a_time_beyond_the_calendar_is_a_problem() -> None:
    """A number too large for a date is told, and does not stop a sweep."""
    read = fields()

    assert read.time("huge") is None
    assert ["huge: expected epoch milliseconds, got far more"] == read.problems


def test_a_time_as_text_is_a_problem() -> None:
    """A time that is written out is not what the API documents."""
    read = fields()

    assert read.time("text") is None
    assert ["text: expected int, got 'words'"] == read.problems


def test_time_values_are_read() -> None:
    """A time value of Elasticsearch's is a span."""
    assert timedelta(minutes=15) == fields().duration("span")


def test_no_time_value_is_a_problem() -> None:
    """A span that cannot be read is told with what was expected."""
    read = fields()

    assert read.duration("count") is None
    assert [
        "count: expected a time value such as 30m, 48h or 7d, got 7"
    ] == read.problems


def test_lists_of_text_are_read() -> None:
    """A list of strings is read as it is."""
    assert ("a", "b") == fields().texts("list")


def test_a_list_with_other_things_is_a_problem() -> None:
    """Half of a list is none: a group that is left out could be the keep group."""
    read = fields()

    assert () == read.texts("mixed")
    assert ["mixed: expected a list of strings, got ['a', 1]"] == read.problems


def test_a_problem_quotes_only_the_beginning() -> None:
    """A problem is a line of a log, however long the field is."""
    read = Fields({"long": "x" * 10_000})
    read.time("long")

    assert [f"long: expected int, got '{'x' * 59}"] == read.problems
