"""The charts of docs/performance.md: horizontal bars as SVG; pure.

They have a light ground of their own, so that they read the same on a dark page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import chain

from benchmark.lines import Values
from benchmark.results import median_of

WIDTH, ROW, TOP, LEFT, RIGHT = 720, 26, 46, 210, 90
INK, OURS, BEFORE, PEER = "#1f2328", "#0b66c3", "#8fb8e0", "#9aa1a9"
FONT = "font-family='system-ui, sans-serif' font-size='13'"


Figure = Callable[[float, str], str]


@dataclass(frozen=True)
class Bar:
    """One bar: its label, the name of its values, and if they are those before."""

    label: str
    name: str
    before: bool = False

    @property
    def colour(self) -> str:
        """Return the colour: ours, ours before, or a peer's."""
        if self.before:
            return BEFORE
        return PEER if _PEER.search(self.name) else OURS


# Official clients and handlers that are not ours.
_PEER = re.compile(r"\.(16|32|loop|ten|each|workflow|official|bare|lists|gzip)\.")
_FUNCTIONS = ("Closer", "Sweeper", "ForceCloser", "Reopener")


@dataclass(frozen=True)
class Chart:
    """One picture, the file `name`.svg."""

    name: str
    title: str
    unit: str
    bars: tuple[Bar, ...]


def _ours(name: str) -> tuple[Bar, Bar]:
    return Bar("ours", name), Bar("ours, before", name, before=True)


def _cold_starts(name: str, memory: str, label: str) -> Chart:
    ours = (
        (
            Bar(function, f"5.{function}.{memory}.answered"),
            Bar("before", f"5.{function}.{memory}.answered", before=True),
        )
        for function in _FUNCTIONS
    )
    return Chart(
        name,
        f"Cold start to the first answer, {label}: milliseconds",
        "ms",
        (
            *chain.from_iterable(ours),
            Bar("official client", f"5.official.{memory}.answered"),
            Bar("bare handler", f"5.bare.{memory}.answered"),
        ),
    )


CHARTS = (
    Chart(
        "closing",
        "1,000 jobs of 200 ms: seconds until all are closed",
        "s",
        (
            *_ours("1.ours.closed"),
            Bar("32 threads", "1.32.closed"),
            Bar("16 threads", "1.16.closed"),
            Bar("a loop", "1.loop.closed"),
        ),
    ),
    Chart(
        "lambda",
        "1,000 closes of 30 s: seconds of Lambda",
        "s",
        (
            *_ours("3.ours.seconds"),
            Bar("waits, ten at a time", "3.ten.seconds"),
            Bar("waits, one each", "3.each.seconds"),
        ),
    ),
    Chart(
        "dollars",
        "1,000 closes of 30 s: dollars",
        "$",
        (
            *_ours("4.ours.dollars"),
            Bar("Lambda, ten at a time", "4.ten.dollars"),
            Bar("Lambda, one each", "4.each.dollars"),
            Bar("Step Functions", "4.workflow.dollars"),
        ),
    ),
    _cold_starts("cold-start", "full", "on a whole CPU"),
    _cold_starts("cold-start-256", "256", "with 256 MB"),
    Chart(
        "sweep",
        "A sweep of 9,999 jobs, 300 open: CPU milliseconds",
        "ms",
        (
            *_ours("7.ours.cpu"),
            Bar("official client", "7.lists.cpu"),
            Bar("official client, gzip", "7.gzip.cpu"),
        ),
    ),
    Chart(
        "growth",
        "A sweep with 3 % of the jobs open: CPU milliseconds",
        "ms",
        tuple(
            Bar(f"{jobs:,} jobs", f"8.3.{jobs}.cpu")
            for jobs in (100, 1_000, 10_000, 100_000)
        ),
    ),
)


def svg(chart: Chart, values: Values, before: Values, figure: Figure) -> str:
    """Draw a chart of what there is."""
    known = [
        (bar, value)
        for bar in chart.bars
        if (value := median_of(before if bar.before else values, bar.name)) is not None
    ]
    longest = max((value for _, value in known), default=1) or 1
    height = TOP + ROW * len(known) + 12
    size = f"width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}'"
    title, bold = escape(chart.title), "font-weight='600'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {FONT}>",
        f"<title>{title}</title>",
        f"<rect width='{WIDTH}' height='{height}' rx='8' fill='#ffffff'/>",
        f"<text x='16' y='28' fill='{INK}' {bold}>{title}</text>",
    ]
    for number, (bar, value) in enumerate(known):
        y = TOP + ROW * number
        length = max((WIDTH - LEFT - RIGHT) * value / longest, 1)
        end, size = f"{LEFT + length + 8:.1f}", f"width='{length:.1f}' height='18'"
        parts += [
            _text(f"{LEFT - 10}", y, bar.label, " text-anchor='end'"),
            f"<rect x='{LEFT}' y='{y}' {size} rx='3' fill='{bar.colour}'/>",
            _text(end, y, figure(value, chart.unit)),
        ]
    return "\n".join([*parts, "</svg>", ""])


def _text(x: str, y: int, text: str, more: str = "") -> str:
    return f"<text x='{x}' y='{y + 14}' fill='{INK}'{more}>{escape(text)}</text>"
