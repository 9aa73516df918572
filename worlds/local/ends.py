"""How the jobs of the demo ended: a line for each, or two on a narrow terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.text import Text

from idle_jobs.sizes import spoken_bytes
from idle_jobs_cli.output.terminal import COLOURS, print_hanging
from local.outcomes import outcome_in
from local.scenario import Row

Line = Mapping[str, Any]

HEADS = ("job", "before", "verdict and reason", "outcome", "freed")
LAST = "why, and the steps"
GAP = "  "
LOOKED = "looked at"
LEGEND = (
    "keep: the job is left as it is. report: the log says so, and nothing else is "
    "done. watch: a close that somebody else began is followed."
)
# A line of its own is worth it for a job if so much is left for the reasons.
ROOM = 40


class End(NamedTuple):
    """What became of a job, and why: the detail of its verdict, and its steps."""

    job: str
    before: str
    verdict: str
    outcome: str
    freed: str
    detail: str
    steps: str

    @property
    def told(self) -> tuple[str, ...]:
        """Return what has a column of its own."""
        return (*self[:3], self.outcome or "left alone", self.freed)

    @property
    def styles(self) -> tuple[str, ...]:
        """Return how each of these is to look."""
        verdict = COLOURS.get(self.verdict.split()[0], "")
        outcome = COLOURS.get(self.outcome.split(":")[0], "")
        return ("", "", verdict, outcome, "")


def end_of(row: Row, lines: Sequence[Line]) -> End:
    """Return what became of a job, by the lines of the log that are about it."""
    verdict = next((x for x in lines if x["message"] == "verdict"), {})
    outcome = next(filter(None, map(outcome_in, lines)), {})
    return End(
        row.job_id,
        row.fields.get("state", "opened"),
        f"{verdict.get('action', 'keep')} {verdict.get('reason', 'already_closed')}",
        f"{outcome['ended']}: {outcome['reason']}" if outcome else "",
        spoken_bytes(outcome.get("memory_bytes", 0)),
        verdict.get("detail", ""),
        ", ".join(_steps(lines)),
    )


def print_ends(console: Console, acts: Sequence[Sequence[End]]) -> None:
    """Print all ends, those of each act together; no id is folded, nor is a line."""
    lines = [HEADS, *(end.told for act in acts for end in act)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADS))]
    wide = sum(widths) + len(GAP) * len(HEADS) + ROOM
    print_hanging(console, "", LEGEND)
    if console.width >= wide:
        console.print()
        _print_wide(console, [*zip(HEADS, widths, ["bold"] * 5, strict=True)], LAST)
    for act in acts:
        console.print()
        for end in act:
            if console.width >= wide:
                why = "; ".join(filter(None, (end.detail, end.steps)))
                cells = zip(end.told, widths, end.styles, strict=True)
                _print_wide(console, cells, why)
            else:
                _print_narrow(console, end, widths[0])


def _print_wide(
    console: Console, cells: Iterable[tuple[str, int, str]], last: str
) -> None:
    line = Text()
    for text, width, style in cells:
        line.append(text, style).append(" " * (width - len(text)) + GAP)
    line.append(last)
    line.rstrip()
    _print(console, line)


def _print_narrow(console: Console, end: End, width: int) -> None:
    """Print the verdict, and below it the outcome with what led to it, cut if long."""
    _, _, verdict, outcome, _ = end.styles
    line = Text(f"{end.job:{width}}{GAP}").append(end.verdict, verdict)
    _print(console, line.append(f" ({end.detail})" if end.detail else ""))
    if end.outcome:
        freed = f", {end.freed} freed" if end.freed else ""
        steps = f"; {end.steps}" if end.steps else ""
        below = Text("    ").append(end.outcome, outcome)
        _print(console, below.append(f"{freed}{steps}"))


def _print(console: Console, line: Text) -> None:
    """Print one line: a pipe gets all of it, a terminal what fits."""
    if not console.soft_wrap:
        line.truncate(console.width, overflow="ellipsis")
    console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _steps(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the steps taken for a job, counted between one hand-over and the next."""
    counts: Counter[str] = Counter()
    for line in lines:
        match line["message"]:
            case "posted":
                counts[line["step"].split(":")[0]] += 1
            case "waiting":
                counts[LOOKED] += 1
            case "sent":
                yield from _counted(counts)
                yield "hand over"
                counts.clear()
            case "outcome" if line["function"] != "Sweeper" and not counts:
                counts[LOOKED] += 1
    yield from _counted(counts)


def _counted(counts: Mapping[str, int]) -> Iterator[str]:
    for step, count in counts.items():
        often = "once" if step == LOOKED else ""
        yield f"{step} {count} times" if count > 1 else f"{step} {often}".rstrip()
