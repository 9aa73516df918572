"""A closing under way, as those see it who wait for its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from standin.cluster.wire import FOREVER


@dataclass
class Closing:
    """What a node works on: the end of one process, unless it is killed before."""

    began: datetime
    takes: timedelta
    how: Literal["closed", "failed", "hangs"]
    killed: datetime | None = None

    @property
    def ends(self) -> datetime | None:
        """When the work is done, if it ever is."""
        return None if self.how == "hangs" else self.began + self.takes

    @property
    def interrupted(self) -> bool:
        """Say whether it was killed before its work was done."""
        return self.killed is not None and (not self.ends or self.killed < self.ends)

    @property
    def work(self) -> timedelta:
        """How long the node works on it, or worked until it was killed."""
        ends = self.killed if self.interrupted else self.ends
        return ends - self.began if ends else FOREVER

    @property
    def gone(self) -> datetime | None:
        """When the task is gone, if ever: one that fails stays until it is forced."""
        return self.killed or (self.ends if self.how == "closed" else None)
