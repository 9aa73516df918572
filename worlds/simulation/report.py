"""Sums many schedules up: our figures and the naive peer's, side by side."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulation.findings import INVARIANTS, Findings

# What a reader asks first, and the kind of problem that answers it.
QUESTIONS = {
    "lost": "lost",
    "live jobs closed": "live_closed",
    "needless force": "needless_force",
    "contradicting": "contradicting",
}


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
    """Yield the lines of the comparison."""
    columns = [ours, *([naive] if naive else [])]
    yield _line("", ["ours", "naive"][: len(columns)])
    yield _line("requests for a job", [f"{c.requests:,}" for c in columns])
    for ended in ("closed", "force_closed", "skipped", "parked"):
        yield _line(f"  {ended}", [f"{c.counts[ended]:,}" for c in columns])
    yield _line("repeated outcomes", [f"{c.duplicated:,}" for c in columns])
    for question, kind in QUESTIONS.items():
        yield _line(question, [_share(c, kind) for c in columns])
    for invariant in INVARIANTS:
        broken = [c.invariants[invariant] for c in columns]
        yield _line(f"{invariant} broken", [f"{n:,}" for n in broken])


def _share(sums: Sums, kind: str) -> str:
    found = sums.kinds[kind]
    return f"{found:,} ({found / max(sums.requests, 1):.2%})" if found else "0"


def _line(name: str, values: Iterable[str]) -> str:
    return f"{name:20}" + "".join(f"{value:>18}" for value in values)
