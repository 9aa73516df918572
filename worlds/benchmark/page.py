"""Writes docs/performance.md from what was measured; pure."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmark.charts import CHARTS
from benchmark.lines import Line, Values
from benchmark.measures import LINES
from benchmark.remarks import REMARKS
from benchmark.results import median_of, ratio


def figure(value: float, unit: str = "") -> str:
    """Return a number with three digits that count, and its unit."""
    if value == int(value) and abs(value) < 1000:
        text = str(int(value))
    elif abs(value) >= 100:
        text = f"{value:,.0f}"
    else:
        text = _rounded(value)
    if unit == "$":
        return f"${text}"
    return f"{text} {unit}".strip()


def _rounded(value: float) -> str:
    for digits in range(1, 9):
        if abs(value) >= 10 ** (2 - digits):
            break
    return f"{value:.{digits}f}"


def row(line: Line, values: Values, before: Values) -> str:
    """Return the row of a measure: ours, before, the peers, the targets, if met."""
    ours = median_of(values, line.ours)
    was = median_of(before, line.ours)
    cells = [
        line.row,
        line.what,
        "" if ours is None else f"**{figure(ours, line.unit)}**",
        "" if was is None else figure(was, line.unit),
        _beside(line, ours, values),
        "; ".join(goal.says for goal in line.goals),
        "" if ours is None else _met(line, ours, values, before),
    ]
    return f"| {' | '.join(cells)} |"


def _beside(line: Line, ours: float | None, values: Values) -> str:
    """Return the figures of the peers, each with how many times ours it is."""
    cells = []
    for label, name in line.peers:
        other = median_of(values, name)
        if other is None:
            continue
        times = ratio(other, ours)
        in_times = "" if times is None else f" ({figure(times)} times)"
        cells.append(f"{label} {figure(other, line.unit)}{in_times}")
    return ", ".join(cells)


def _met(line: Line, ours: float, values: Values, before: Values) -> str:
    told = {True: "yes", False: "no", None: "?"}
    each = (goal.met(ours, line.ours, values, before) for goal in line.goals)
    met = "; ".join(told[one] for one in each)
    remark = REMARKS.get(line.ours, "")
    return f"{met}: {remark}" if "no" in met and remark else met


def table(values: Values, before: Values) -> Iterator[str]:
    """Yield the table of all measures."""
    yield "| # | Measure | Ours | Before | Peers (times ours) | Target | Met |"
    yield "|---|---|---|---|---|---|---|"
    for line in LINES:
        yield row(line, values, before)


def raw(values: Values) -> Iterator[str]:
    """Yield each name with its median, its extremes and all of its values."""
    yield "| Name | Median | Least | Most | All |"
    yield "|---|---|---|---|---|"
    for name in sorted(values):
        each = values[name]
        cells = [median(each), min(each), max(each)]
        every = " ".join(map(figure, each))
        yield f"| {name} | {' | '.join(map(figure, cells))} | {every} |"


def page(
    about: Mapping[str, str], values: Values, before: Values, how: str, command: str
) -> str:
    """Return the document."""
    lines = [
        *("# Performance", ""),
        f"<!-- Written by `{command}`. -->",
        *("", _introduction(command), ""),
        *table(values, before),
        *("", how),
        *("## In pictures", ""),
        *(f"![{chart.title}](performance/{chart.name}.svg)\n" for chart in CHARTS),
        *("## Where and with what", ""),
        *("| What | Which |", "|---|---|"),
        *(f"| {what} | {which} |" for what, which in about.items()),
        *("", "## Raw values", ""),
        *("<details>", "<summary>All of them, by name</summary>", ""),
        *raw(values),
        *("", "</details>", ""),
    ]
    return "\n".join(lines)


def _introduction(command: str) -> str:
    return (
        "Speed, size and cost beside what people would use instead, measured on one "
        f"machine in one run of `{command}`. Each figure is the median of its repeats, "
        "which take turns with those of the peers. `Before` is the version before the "
        "work on these figures, on such a machine. Times depend on the machine; ratios "
        "and counts do so less."
    )


def summary(values: Values) -> str:
    """Return the sentence of README.md with the figures that matter most."""
    names = ("1.loop.closed", "1.ours.closed", "3.ten.seconds", "3.ours.seconds")
    loop, ours, waits, billed = (figure(_known(values, n), "s") for n in names)
    month = figure(_known(values, "4.ours.month"), "$")
    return (
        f"1,000 jobs of 200 ms are closed in {ours}, where a loop takes {loop}; 1,000 "
        f"closes of 30 s take {billed} of Lambda, where a handler that waits takes "
        f"{waits}; an idle month costs {month}. `make bench` measures it beside other "
        "ways to do the same."
    )


def _known(values: Mapping[str, Sequence[float]], name: str) -> float:
    found = median_of(values, name)
    if found is None:
        raise LookupError(name)
    return found
