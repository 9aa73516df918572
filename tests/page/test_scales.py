"""The scales of the charts: few labels, at round places, and none beyond an end."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from idle_jobs_cli.page.scales import SpanScale, Tick, bytes_ticks, time_ticks, top_of

GB = 1024**3
BYTES = {
    "none": (0, ["0", "1 MB"]),
    "a little": (3 * 1024**2, ["0", "1 MB", "2 MB", "3 MB"]),
    "the demo": (15 * GB, ["0", "4.0 GB", "8.0 GB", "12.0 GB", "16.0 GB"]),
    "across a unit": (1200 * 1024**2, ["0", "400 MB", "800 MB", "1.2 GB"]),
}


@pytest.mark.parametrize(("most", "labels"), BYTES.values(), ids=BYTES)
def test_amounts_have_round_labels(most: int, labels: list[str]) -> None:
    """From nothing to what is above the largest."""
    assert labels == [tick.label for tick in bytes_ticks(most)]


@given(st.integers(min_value=0, max_value=2**70))
def test_every_amount_has_a_place(most: int) -> None:
    """Few labels, of which the last is the top, and the top is not far above."""
    ticks = bytes_ticks(most)

    assert 2 <= len(ticks) <= 5
    assert (0, 100) == (ticks[0].place, ticks[-1].place)
    assert most <= top_of(most) <= max(2 * most, 1024**2)


TIMES = {
    "a day": (
        timedelta(hours=25),
        ["12:00", "18:00", "24 Nov", "06:00", "12:00"],
    ),
    "a week": (timedelta(days=7), ["25 Nov", "27 Nov", "29 Nov"]),
    "a minute": (timedelta(minutes=1), ["12:00", "12:01"]),
}


@pytest.mark.parametrize(("span", "labels"), TIMES.values(), ids=TIMES)
def test_times_have_round_labels(span: timedelta, labels: list[str]) -> None:
    """In UTC; midnight is told by its day."""
    assert labels == [tick.label for tick in time_ticks(NOW, NOW + span)]


@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=30_000)),
    st.timedeltas(timedelta(), timedelta(days=2)),
)
def test_every_time_has_a_place(span: timedelta, later: timedelta) -> None:
    """No label stands beyond an end of the axis."""
    ticks = time_ticks(NOW + later, NOW + later + span)

    assert len(ticks) <= 8
    assert all(0 <= tick.place <= 100 for tick in ticks)


def test_a_label_at_an_end_is_not_cut() -> None:
    """It begins or ends there."""
    anchors = [Tick(place, "12:00").anchor for place in (0, 50, 100)]

    assert ["start", "middle", "end"] == anchors


def test_seconds_and_hours_are_on_one_scale() -> None:
    """What is longer is to the right, and the longest is at the end."""
    spans = [timedelta(seconds=n) for n in (0, 15, 240, 9_000, 86_400)]
    scale = SpanScale.over(spans)
    places = [scale.place(span) for span in spans]

    assert sorted(places) == places
    assert (0, 100) == (places[0], places[-1])
    assert places[1] > 2
    assert ["0", "1m", "10m", "1h", "6h", "1d"] == [t.label for t in scale.ticks()]


def test_a_scale_without_spans_has_labels() -> None:
    """Everything ended at once."""
    assert ["0", "1m", "10m"] == [t.label for t in SpanScale.over([]).ticks()]


def test_a_span_that_is_none_is_at_the_start() -> None:
    """A clock may be a moment behind."""
    assert SpanScale.over([]).place(timedelta(seconds=-1)) == 0
