"""What becomes of jobs by their owners, other tools, and Elasticsearch itself."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from simulation import words
from simulation.history import Lived
from simulation.stack import Stack
from standin.cluster import Request

MOMENT = timedelta(minutes=1)


class Owners:
    """Acts on jobs, each time on one of those that the act makes sense for.

    `kinds` are those of the population, by id; a datafeed that starts changes one.
    """

    def __init__(self, stack: Stack, kinds: dict[str, str], source: Random) -> None:
        self._stack, self._kinds, self._source = stack, kinds, source

    def _some(self, states: Sequence[str], *kinds: str) -> str | None:
        now, cluster = self._stack.world.now, self._stack.cluster
        cluster.settle(now)
        fitting = [
            job_id
            for job_id, job in cluster.jobs.items()
            if job.state in states
            and (not kinds or self._kinds.get(job_id) in kinds)
            and not job.blocked
        ]
        return self._source.choice(fitting) if fitting else None

    def _lived(self, job_id: str, what: str) -> None:
        self._stack.note(Lived(self._stack.world.now, job_id, what))

    def give_data(self) -> None:
        """Hand data to a job that got none for long."""
        if job_id := self._some(["opened"], "idle", "never_fed", "no_datafeed", "dry"):
            self._stack.cluster.give_data(job_id, self._stack.world.now)
            self._lived(job_id, "data")

    def start_datafeed(self) -> None:
        """Start a datafeed that was stopped."""
        if job_id := self._some(["opened"], "idle", "never_fed"):
            self._stack.cluster.jobs[job_id].datafeed = "started"
            self._kinds[job_id] = "busy"
            self._lived(job_id, "feed_started")

    def reopen(self) -> None:
        """Open any closed job again; now and then no node has room for it yet."""
        if job_id := self._some(["closed"]):
            self._open(job_id)
            if self._source.random() < 0.4:
                self._wait_for_a_node(job_id)

    def _wait_for_a_node(self, job_id: str) -> None:
        job = self._stack.cluster.jobs[job_id]
        job.state, job.assigned = "opening", False
        job.explanation = "Not opening job, because all nodes are full"
        self._lived(job_id, "nodeless")
        opened, minutes = job.opened, self._source.choice((1, 10, 90))

        def there_is_room() -> None:
            same = self._stack.cluster.jobs.get(job_id)
            if same is job and job.state == "opening" and job.opened == opened:
                self._stack.cluster.reopen_job(job_id, self._stack.world.now)
                job.explanation = ""
                self._lived(job_id, "opened")

        self._stack.world.after(60 * minutes, there_is_room)

    def reopen_at_once(self) -> None:
        """Open a job that was closed a moment ago: its owner has just seen it."""
        now, cluster = self._stack.world.now, self._stack.cluster
        cluster.settle(now)
        just = [
            job_id
            for job_id, job in cluster.jobs.items()
            if job.state == "closed" and job.finished and now - job.finished < MOMENT
        ]
        if just:
            self._open(self._source.choice(just))

    def _open(self, job_id: str) -> None:
        self._stack.cluster.reopen_job(job_id, self._stack.world.now)
        self._lived(job_id, "opened")

    def move(self) -> None:
        """Let a node leave: a job's process starts anew on another one."""
        if job_id := self._some(["opened"]):
            self._stack.cluster.jobs[job_id].opened = self._stack.world.now
            self._lived(job_id, "opened")

    def delete(self) -> None:
        """Delete a job."""
        if job_id := self._some(["opened", "closed", "failed"]):
            self._stack.cluster.delete_job(job_id)
            self._lived(job_id, "deleted")

    def say(self) -> None:
        """Write something into a job's settings, by which its owner steers."""
        if job_id := self._some(["opened"], "idle", "never_fed", "dry", "no_datafeed"):
            now = self._stack.world.now
            settings = words.drawn(self._source, now)
            self._stack.cluster.jobs[job_id].custom_settings = settings
            self._stack.note(words.owned(now, job_id, settings))

    def forecast(self) -> None:
        """Ask for a forecast, which takes some minutes."""
        if job_id := self._some(["opened"], "idle"):
            job = self._stack.cluster.jobs[job_id]
            job.forecast = True
            self._lived(job_id, "forecast")
            minutes = self._source.uniform(3, 40)
            self._stack.world.after(60 * minutes, lambda: self._end_forecast(job_id))

    def _end_forecast(self, job_id: str) -> None:
        job = self._stack.cluster.jobs.get(job_id)
        if job is not None and job.forecast:
            job.forecast = False
            self._lived(job_id, "forecast_ended")

    def reset(self) -> None:
        """Reset a job, which takes ten minutes."""
        if job_id := self._some(["opened"], "idle"):
            job = self._stack.cluster.jobs[job_id]
            job.blocked = "reset"
            self._lived(job_id, "blocked")
            self._stack.world.after(600, lambda: self._unblock(job_id))

    def _unblock(self, job_id: str) -> None:
        if job := self._stack.cluster.jobs.get(job_id):
            job.blocked = None
            self._lived(job_id, "unblocked")

    def close_for_a_moment(self) -> None:
        """Close a job, and open it again if it is closed a few minutes later."""
        job_id = self.close()

        def reopen() -> None:
            job = self._stack.cluster.jobs.get(job_id)
            if job is not None and job.state == "closed":
                self._open(job_id)

        self._stack.world.after(self._source.uniform(30, 240), reopen)

    def close(self) -> str:
        """Close a job, as somebody else; return its id, empty if there is none."""
        if job_id := self._some(["opened"], "idle", "busy"):
            now, cluster = self._stack.world.now, self._stack.cluster
            path = f"/_ml/anomaly_detectors/{job_id}/_close"
            faults, cluster.faults = cluster.faults, []
            key = {"Authorization": next(iter(cluster.keys))}
            cluster.handle(Request("POST", path, key), now)
            cluster.faults = faults
            if cluster.jobs[job_id].state != "opened":
                self._lived(job_id, "closing")
                self._stack.watch(job_id)
        return job_id or ""

    def close_at_night(self) -> None:
        """Elasticsearch itself closes what is idle, where its version does."""
        now, cluster = self._stack.world.now, self._stack.cluster
        opened = [job for job in cluster.jobs.values() if job.state == "opened"]
        cluster.settle(now)
        for job in opened:
            if job.state != "opened":
                self._lived(job.job_id, "closing")
                self._stack.watch(job.job_id)
