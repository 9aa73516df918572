"""What the tests that run the built functions cannot do without."""

import pytest

from e2e.clock import ClockMissing, find_library


@pytest.fixture(scope="session")
def clock() -> None:
    """Skip where the clock of another process cannot be turned."""
    try:
        find_library()
    except ClockMissing as missing:
        pytest.skip(str(missing))
