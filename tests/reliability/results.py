"""Runs every test that shows a row, those of what is built included.

A result is `passed`, or what else became of one of the row's tests.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

# The worst one stands for a row: it may have many tests.
WORST_FIRST = ("error", "failed", "skipped", "passed")

Test = tuple[int, str, str]
"""A row, and the path and the name of a test function that shows it."""


@dataclass
class Results:
    """What pytest reports of the tests with a row; a plugin."""

    of_test: dict[Test, set[str]] = field(default_factory=lambda: defaultdict(set))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a report: each test has one for its set-up, its call and its end."""
        if report.passed and report.when != "call":
            return
        broken = report.failed and report.when != "call"
        path, _, name = report.nodeid.partition("::")
        test = name.partition("[")[0]
        for row in (number for key, number in report.user_properties if key == "row"):
            outcome = "error" if broken else report.outcome
            self.of_test[int(str(row)), path, test].add(outcome)

    def of_row(self, row: int) -> str:
        """Return the worst result of a row's tests, empty where it has none."""
        of_row = (hows for test, hows in self.of_test.items() if test[0] == row)
        found = set[str]().union(*of_row)
        return next((how for how in WORST_FIRST if how in found), "")


def run_tests() -> Results:
    """Run all tests that carry a row's mark, on two workers as `make e2e` does."""
    results = Results()
    # Not imported here: pytest rewrites the asserts of what it loads as a plugin.
    options = ["-q", "-n", "2", "-m", "row", "-p", "reliability.recording"]
    pytest.main([*options, "tests", "worlds"], plugins=[results])
    return results
