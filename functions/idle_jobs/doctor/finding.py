"""One line of the doctor's report; values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check ended; a check that depends on a failed one is skipped."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was tested, what was seen, and the next step unless all is well."""

    check: str
    level: Level
    saw: str
    then: str = ""

    def as_fields(self) -> dict[str, str]:
        """Return the finding as plain values, without an empty next step."""
        fields = {"check": self.check, "level": str(self.level), "saw": self.saw}
        return fields | ({"next": self.then} if self.then else {})


def ok(check: str, saw: str) -> Finding:
    """Return that a check found nothing wrong."""
    return Finding(check, Level.OK, saw)


def warn(check: str, saw: str, then: str) -> Finding:
    """Return something that a person should see, but that stops nothing."""
    return Finding(check, Level.WARN, saw, then)


def fail(check: str, saw: str, then: str) -> Finding:
    """Return something without which the function does not work."""
    return Finding(check, Level.FAIL, saw, then)


def skipped(checks: Iterable[str], why: str) -> list[Finding]:
    """Return that checks could not be made, since one before them failed."""
    return [Finding(check, Level.SKIP, why) for check in checks]


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level among findings; a skipped check counts as no worse."""
    levels = {finding.level for finding in findings}
    order = (Level.FAIL, Level.WARN)
    return next((level for level in order if level in levels), Level.OK)
