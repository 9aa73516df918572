"""The charts are well-formed, and their bars as long as the figures say."""

from xml.etree import ElementTree as ET

from benchmark.charts import CHARTS, Bar, Chart, svg
from benchmark.page import figure

SVG = "{http://www.w3.org/2000/svg}"
CHART = Chart(
    "two",
    "Seconds < minutes",
    "s",
    (
        Bar("ours", "1.ours.closed"),
        Bar("before", "1.ours.closed", before=True),
        Bar("a loop", "1.loop.closed"),
        Bar("unknown", "1.16.closed"),
    ),
)


def test_a_bar_is_as_long_as_its_figure() -> None:
    """The longest fills the picture; what was not measured has none."""
    values = {"1.ours.closed": [10.0], "1.loop.closed": [40.0]}
    drawn = svg(CHART, values, {"1.ours.closed": [20.0]}, figure)
    root = ET.fromstring(drawn)  # noqa: S314 - we wrote it
    _, *bars = [float(each.attrib["width"]) for each in root.iter(f"{SVG}rect")]
    texts = [each.text for each in root.iter(f"{SVG}text")]

    assert [bar / bars[0] for bar in bars] == [1, 2, 4]
    assert texts == [
        *("Seconds < minutes", "ours", "10 s", "before", "20 s", "a loop", "40 s"),
    ]


def test_ours_before_and_peers_have_different_colours() -> None:
    """The bars of ours stand out."""
    colours = [bar.colour for bar in CHART.bars]

    assert len(set(colours)) == 3
    assert colours[2] == colours[3]


def test_each_chart_begins_with_ours() -> None:
    """Nobody has to look for it, and names of files are different."""
    assert all(c.bars[0].colour == CHART.bars[0].colour for c in CHARTS)
    assert len({chart.name for chart in CHARTS}) == len(CHARTS)


def test_a_chart_of_nothing_is_a_picture() -> None:
    """Where a row was not measured, its title is left."""
    assert ET.fromstring(svg(CHART, {}, {}, figure)) is not None  # noqa: S314 - as above
