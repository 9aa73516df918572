"""The operator's settings for decisions, as one value; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idle_jobs.policy.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of an operator; docs and template describe each one."""

    idle_after: timedelta = timedelta(hours=48)
    never_fed_after: timedelta = timedelta(days=7)
    dry_after: timedelta = timedelta(days=14)
    reopen_grace: timedelta = timedelta(hours=24)
    failed_after: timedelta = timedelta(hours=24)
    force_after: timedelta = timedelta(hours=2)
    park_after: timedelta = timedelta(hours=24)
    request_expires_after: timedelta = timedelta(hours=24)
    force_failed: bool = False
    force_orders: str = "evidence"
    close_jobs_without_datafeed: bool = False
    close_dry_datafeeds: bool = False
    include_managed_jobs: bool = False
    managed_jobs_allowed: tuple[str, ...] = ()
    keep_patterns: tuple[str, ...] = ()
    max_closes_per_sweep: int = 20
    max_close_percent: int = 50
    halt_above_jobs: int = 5
    halt_for: timedelta = timedelta(days=7)
    notice_period: timedelta = timedelta()
    max_closes_per_request: int = 100
    max_closes_per_day: int = 100
    max_closing: int = 32
    quiet_hours: QuietHours | None = None

    def quiet_until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that `now` is in, or None."""
        return self.quiet_hours.until(now) if self.quiet_hours else None
