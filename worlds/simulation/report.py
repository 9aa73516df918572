"""Sums many schedules up: our figures and the naive peer's, side by side."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulation.findings import INVARIANTS, Findings

# What a reader asks first, and the kind of problem that answers it.
QUESTIONS = {
    "lost: requests that never got an outcome": "lost",
    "live: jobs closed although they were in use": "live_closed",
    "needless: forces without evidence": "needless_force",
    "contradicting: outcomes that cannot both hold": "contradicting",
}
ENDS = {
    "closed": "closed, without force",
    "force_closed": "force_closed, on evidence",
    "skipped": "skipped, and left as they are",
    "parked": "parked, for a person",
}
# The names and two columns fill the 80 columns of a narrow terminal.
NAME, VALUE = 46, 17


@dataclass
class Sums:
    """The sums over schedules, and which of them show a problem.

    A request for a job has an outcome or is lost: what got none is counted, too.
    """

    schedules: int = 0
    requests: int = 0
    duplicated: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    invariants: Counter[str] = field(default_factory=Counter)
    failing: list[int] = field(default_factory=list)

    def add(self, findings: Findings) -> None:
        """Count one schedule."""
        self.schedules += 1
        lost = {problem.key for problem in findings.lost}
        self.requests += len(findings.ok | findings.duplicated | lost)
        self.duplicated += len(findings.duplicated)
        self.counts += findings.counts
        self.kinds += Counter(problem.kind for problem in findings.problems)
        self.invariants += Counter(p.invariant for p in findings.problems)
        if findings.problems:
            self.failing.append(findings.seed)


def summed(findings: Iterable[Findings]) -> Sums:
    """Sum schedules up."""
    sums = Sums()
    for each in findings:
        sums.add(each)
    return sums


def table(ours: Sums, naive: Sums | None = None) -> Iterator[str]:
    """Yield the lines of the comparison; each name says what is counted."""
    columns = [ours, *([naive] if naive else [])]
    yield _line("", ["ours", "naive"][: len(columns)])
    yield _line("requests for a job", [f"{c.requests:,}" for c in columns])
    for ended, words in ENDS.items():
        yield _line(f"  {words}", [f"{c.counts[ended]:,}" for c in columns])
    name = "repeated: requests whose outcome came twice"
    yield _line(name, [f"{c.duplicated:,}" for c in columns])
    for question, kind in QUESTIONS.items():
        yield _line(question, [_share(c, kind) for c in columns])
    for invariant in INVARIANTS:
        broken = [c.invariants[invariant] for c in columns]
        yield _line(named(invariant), [f"{n:,}" for n in broken])


def named(invariant: str) -> str:
    """Return the name of what an invariant forbids."""
    return f"{invariant}: {INVARIANTS[invariant]}"


def _share(sums: Sums, kind: str) -> str:
    found = sums.kinds[kind]
    return f"{found:,} ({found / max(sums.requests, 1):.2%})" if found else "0"


def _line(name: str, values: Iterable[str]) -> str:
    return f"{name:{NAME}}" + "".join(f"{value:>{VALUE}}" for value in values)
