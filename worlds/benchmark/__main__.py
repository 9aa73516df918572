"""`make bench`: measures all rows and writes docs/performance.md.

With ROWS=1,6 it measures these rows alone, prints what it found, and writes nothing.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from benchmark.about import about
from benchmark.charts import CHARTS, svg
from benchmark.closing import own_times, same_times
from benchmark.cold_start import cold_starts
from benchmark.dollars import dollars
from benchmark.lambda_time import lambda_time
from benchmark.lines import Values
from benchmark.page import figure, page, raw, summary
from benchmark.places import ROOT
from benchmark.results import Results
from benchmark.sizes import FULL, Sizes
from benchmark.sweep import growth, sweeps
from benchmark.warm_batch import warm_batches

PAGE = ROOT / "docs" / "performance.md"
MEASURED = ROOT / "docs" / "performance" / "results.json"
BEFORE = Path(__file__).with_name("before.json")
HOW = Path(__file__).with_name("how.md")
README = ROOT / "README.md"
IN_README = re.compile(
    r"(?<=^- \[docs/performance.md\]\(docs/performance.md\): ).*$", re.MULTILINE
)
COMMAND = "make bench"

Row = Callable[[Sizes, Results], Awaitable[None]]
ROWS: Mapping[str, Row] = {
    "1": same_times,
    "2": own_times,
    "3": lambda_time,
    "4": dollars,
    "5": cold_starts,
    "6": warm_batches,
    "7": sweeps,
    "8": growth,
}


def main(environ: Mapping[str, str]) -> int:
    """Measure; 2 if ROWS names a row that is none."""
    wanted = environ.get("ROWS", "")
    names = wanted.split(",") if wanted else [*ROWS]
    if unknown := [name for name in names if name not in ROWS]:
        expected = f"expected some of {','.join(ROWS)}, got {unknown[0]!r:.60}"
        print(f"ROWS: {expected}", file=sys.stderr)
        return 2
    known, began = about(), time.monotonic()
    results = measure(names, FULL)
    if wanted:
        print(*raw(results.values), sep="\n")
        return 0
    known["Duration"] = f"{(time.monotonic() - began) / 60:.1f} minutes"
    MEASURED.parent.mkdir(exist_ok=True)
    values = {name: [*map(_six, each)] for name, each in results.values.items()}
    text = json.dumps({"about": known, "values": values}, indent=1)
    MEASURED.write_text(text + "\n", encoding="utf-8")
    write()
    print(f"{PAGE.relative_to(ROOT)}: written")
    return 0


def _six(value: float) -> float:
    """Return a value with the digits that mean something, and some more."""
    return float(f"{value:.6g}")


def measure(names: list[str], sizes: Sizes) -> Results:
    """Measure some rows; standard error says how far it has come."""
    results = Results()
    for name in names:
        began = time.monotonic()
        asyncio.run(_awaited(ROWS[name](sizes, results)))
        took = time.monotonic() - began
        print(f"row {name}: {took:.0f} s", file=sys.stderr)
    return results


async def _awaited(row: Awaitable[None]) -> None:
    await row


def read(path: Path) -> tuple[dict[str, str], Values]:
    """Return what a file of results says of its run, and the values."""
    told = json.loads(path.read_text("utf-8"))
    return told["about"], told["values"]


def document() -> str:
    """Return the document of what was measured last."""
    (known, values), (then, before) = read(MEASURED), read(BEFORE)
    was = {"Before": f"commit {then['Commit']}, {then['When']}, {then['Machine']}"}
    return page(known | was, values, before, HOW.read_text("utf-8"), COMMAND)


def write() -> None:
    """Write the document, its charts, and the sentence of README.md."""
    (_, values), (_, before) = read(MEASURED), read(BEFORE)
    PAGE.write_text(document(), encoding="utf-8")
    for chart in CHARTS:
        drawn = svg(chart, values, before, figure)
        (MEASURED.parent / f"{chart.name}.svg").write_text(drawn, encoding="utf-8")
    readme = README.read_text("utf-8")
    README.write_text(with_summary(readme, values), encoding="utf-8")


def with_summary(readme: str, values: Values) -> str:
    """Return README.md with the sentence that these values give."""
    return IN_README.sub(lambda _: summary(values), readme, count=1)


if __name__ == "__main__":
    sys.exit(main(os.environ))
