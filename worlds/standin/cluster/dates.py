"""Moments as requests and records write them: ISO, epoch, or a pattern."""

import re
from datetime import UTC, datetime, timedelta

from standin.cluster.errors import ClusterError
from standin.cluster.times import EPOCH

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?"
)
# The letters of Java's patterns, longest first, as Python's directives.
_LETTERS = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ssX": "%S%z",
    "ss": "%S",
    "SSS": "%f",
    "XXX": "%z",
    "X": "%z",
    "'T'": "T",
    "'Z'": "Z",
}
_LETTER = re.compile("|".join(_LETTERS))


def read_moment(
    text: str, name: str, now: datetime, *, seconds: bool = False
) -> datetime:
    """Read a parameter that is a date, epoch milliseconds, or `now`.

    Where `seconds` are understood, a number of up to ten digits counts them.
    """
    if text == "now":
        return now
    per_second = 1 if seconds and len(text) <= 10 else 1000
    moment = _epoch(text, per_second) if re.fullmatch(r"\d+", text) else _iso(text)
    if moment is None:
        reason = (
            f"Query param [{name}] with value [{text}] cannot be parsed as a date or "
            "converted to a number (epoch)."
        )
        raise ClusterError(400, "parse_exception", reason)
    return moment


def record_time(value: object, pattern: str) -> datetime | None:
    """Read the time of a record by the format that the job gives; None if it is bad."""
    text = str(value)
    if pattern in {"epoch", "epoch_ms"}:
        return _epoch(text, 1 if pattern == "epoch" else 1000)
    if pattern.endswith("X") and re.search(r"[+-]\d\d$", text):
        # Python reads no zone of hours alone.
        text += "00"
    try:
        written = _LETTER.sub(lambda letters: _LETTERS[letters[0]], pattern)
        # A pattern without a zone is read as UTC.
        read = datetime.strptime(text, written)  # noqa: DTZ007
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _epoch(text: str, per_second: int) -> datetime | None:
    try:
        return EPOCH + timedelta(milliseconds=int(float(text) * 1000 / per_second))
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
