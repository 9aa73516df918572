"""Who takes part in a schedule: its requests by their names, functions, and jobs."""

from datetime import datetime

from simulation.history import Asked, History, Key
from simulation.indexing import read
from simulation.telling.lines import clock

# What follows a close of somebody else goes about under an id of its own.
FOLLOWING = "/watch"


class Cast:
    """Looks up what an event's ids stand for."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.truth = read(history)
        # Told before anything asks `lives`, which makes a life for whom it is asked.
        self.jobs = frozenset(self.truth.lives)
        sweeps = [a for a in self.truth.asked.values() if a.scheduled]
        self._names = {a.request_id: f"sweep-{n}" for n, a in enumerate(sweeps, 1)}
        self._held: dict[int, list[Key]] = {}
        for number, key in self.truth.held:
            self._held.setdefault(number, []).append(key)

    def name(self, request_id: str) -> str:
        """Return the name of a request: a sweep's id is a long one."""
        own = request_id.removesuffix(FOLLOWING)
        return self._names.get(own, own)

    def asked(self, key: Key) -> Asked | None:
        """Return what was asked."""
        return self.truth.wish(key)

    def job(self, key: Key) -> tuple[str, ...]:
        """Return the job of a key; none if it stands for a whole request."""
        return (key.job_id,) if key.job_id in self.jobs else ()

    def meant(self, key: Key) -> frozenset[str]:
        """Return the jobs that a key's whole request stood for."""
        asked = self.asked(key)
        return asked.jobs if asked else frozenset()

    def held(self, invocation: int) -> list[Key]:
        """Return the keys of the messages that an invocation had in its hands."""
        return self._held.get(invocation, [])

    def function(self, invocation: int) -> str:
        """Return the name of an invocation's function."""
        return self.truth.function(invocation) or "somebody"

    def since(self, at: datetime) -> str:
        """Return a time as the story tells it."""
        return clock(at - self.history.start)

    def touched(self) -> set[str]:
        """Return the jobs that a message was sent for, or an outcome told of."""
        keys = {*self.truth.sent, *self.truth.told, *self.truth.posted}
        return {key.job_id for key in keys} & self.jobs
