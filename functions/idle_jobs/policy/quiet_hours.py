"""The hours of each day in which sweeps close nothing; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end` by the clocks of a time zone, also past midnight."""

    start: time
    end: time
    zone: tzinfo = UTC

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that `now` is in, or None."""
        today = now.astimezone(self.zone).date()
        nights = A_DAY if self.end <= self.start else timedelta()
        for day in (today - A_DAY, today):
            start = datetime.combine(day, self.start, self.zone).astimezone(UTC)
            end = datetime.combine(day + nights, self.end, self.zone).astimezone(UTC)
            if start <= now < end:
                return end
        return None
