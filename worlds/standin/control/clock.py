"""The clock of a stand-in that is turned while it serves; it knows no HTTP."""

from datetime import UTC, datetime, timedelta


class TurnedClock:
    """The time of this machine, until it is turned or stopped."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._stopped: datetime | None = None

    def __call__(self) -> datetime:
        """Tell the time, in UTC."""
        # Read once: another thread may let it run in between.
        stopped = self._stopped
        return datetime.now(UTC) + self._ahead if stopped is None else stopped

    @property
    def stopped(self) -> bool:
        """It stands still until it is turned."""
        return self._stopped is not None

    @property
    def turned(self) -> bool:
        """It shows a time that is over a second from that of this machine."""
        return abs(self() - datetime.now(UTC)) > timedelta(seconds=1)

    def stop(self, at: datetime) -> None:
        """Stand still at a time, be it past or to come."""
        self._stopped = at

    def advance(self, by: timedelta) -> None:
        """Turn it on; it stands or runs as before."""
        if self._stopped is None:
            self._ahead += by
        else:
            self._stopped += by

    def run(self) -> None:
        """Tell the time of this machine again."""
        self._ahead = timedelta()
        self._stopped = None
