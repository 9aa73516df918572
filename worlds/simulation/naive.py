"""A naive peer: what people write to close idle jobs, to compare the product with.

It blocks in Lambda, repeats a batch if one job fails, and forces what is dead-lettered.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from idle_jobs.errors import Gone
from idle_jobs.messages.records import Record, sort_records
from local.topology import Topology
from simulation import keys, stories
from simulation.history import Key, Told
from simulation.invocation import Invocation
from simulation.sqs import Client
from simulation.stack import Stack, Story
from simulation.wire import SimulatedWire

RECEIVES = 3
BEHIND = {"CloseQueue": "ForceQueue"}
IDLE_AFTER_MS = 48 * 3600 * 1000
SECONDS_TO_REPORT = 5
KEEP = "idle-closer-keep"
Json = dict[str, Any]
DONE: Json = {"batchItemFailures": []}


def topology() -> Topology:
    """Return ours with three receives for each queue, and no parking."""
    ours = stories.topology()
    queues = {
        name: replace(q, max_receive_count=RECEIVES, redrive_to=BEHIND.get(name))
        for name, q in ours.queues.items()
    }
    return Topology(ours.functions, queues, ours.ledger)


@dataclass
class Peer:
    """One invocation of the peer, with its ways to the cluster and to SQS."""

    stack: Stack
    invocation: Invocation

    def __post_init__(self) -> None:
        stack, run = self.stack, self.invocation
        network = (stories.settings().timeouts, stack.faults, stack.source, stack.watch)
        key = keys.signer(stack, run)
        self._wire = SimulatedWire(stack.cluster, run, *network, key)
        self._sqs = Client(stack.queues, run)

    def sweep(self, event: Json) -> Any:
        """Send a message for each idle job, or for each job that requests name."""
        if "Records" not in event:
            self._send(event["id"], self._idle(self._jobs("_all")))
        for record in _living(event):
            self._answer(record)
        return DONE

    def _answer(self, record: Json) -> None:
        try:
            wish = dict(json.loads(record["body"]))
            request_id, expression = wish["request_id"], wish["job_id"]
        except (ValueError, TypeError, KeyError):
            return self._tell(Key(record["messageId"], ""), "skipped", "bad_request")
        jobs = self._jobs(expression)
        if not jobs:
            return self._tell(Key(request_id, expression), "skipped", "no_such_job")
        opened = [job for job in jobs if job["state"] != "closed"]
        wanted = self._idle(opened) if wish.get("only_if_idle") else opened
        for job in (job for job in jobs if job not in wanted):
            reason = "active" if job in opened else "already_closed"
            self._tell(Key(request_id, job["job_id"]), "skipped", reason)
        return self._send(request_id, wanted, force=wish.get("force", False))

    def _jobs(self, expression: str) -> list[Json]:
        fields = "jobs.job_id,jobs.state,jobs.data_counts.last_data_time"
        try:
            stats = self._get(f"/_ml/anomaly_detectors/{expression}/_stats", fields)
        except Gone:
            return []
        return list(stats.get("jobs", []))

    def _get(self, path: str, fields: str) -> Any:
        return json.loads(self._wire.call("GET", path, {"filter_path": fields}))

    def _idle(self, jobs: list[Json]) -> list[Json]:
        fields = "datafeeds.datafeed_id,datafeeds.state"
        feeds = self._get("/_ml/datafeeds/_stats", fields).get("datafeeds", [])
        stopped = {f["datafeed_id"] for f in feeds if f["state"] == "stopped"}
        kept = {job["job_id"] for job in self._jobs(KEEP)}
        since = self.stack.world.now.timestamp() * 1000 - IDLE_AFTER_MS
        return [
            job
            for job in jobs
            if job["state"] == "opened"
            and job["job_id"] not in kept
            # Kibana names a job's datafeed so.
            and f"datafeed-{job['job_id']}" in stopped
            and job.get("data_counts", {}).get("last_data_time", since) < since
        ]

    def _send(self, request_id: str, jobs: list[Json], *, force: bool = False) -> None:
        usual = {"version": 1, "kind": "close", "request_id": request_id}
        bodies = [json.dumps(usual | {"job_id": job["job_id"]}) for job in jobs]
        queue = "ForceQueue" if force else "CloseQueue"
        for first in range(0, len(bodies), 10):
            ten = enumerate(bodies[first : first + 10])
            entries = [{"Id": str(n), "MessageBody": body} for n, body in ten]
            self._sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    def close(self, record: Record, *, force: bool) -> None:
        """Close a job and wait for it; whatever goes wrong is raised."""
        body = json.loads(record.body)
        key = Key(body["request_id"], body["job_id"])
        path = f"/_ml/anomaly_detectors/{key.job_id}/_close"
        left = self.invocation.seconds_left() - SECONDS_TO_REPORT
        try:
            self._wire.call(
                "POST", path, {"force": "true"} if force else {}, read_timeout=left
            )
        except Gone:
            return self._tell(key, "skipped", "gone")
        return self._tell(key, "force_closed" if force else "closed", "requested")

    def _tell(self, key: Key, ended: Any, reason: str) -> None:
        now, number = self.stack.world.now, self.invocation.number
        self.stack.note(Told(now, number, key, ended, reason))


def _living(event: Json) -> list[Json]:
    """Return the records that SQS has not moved to a last queue that nobody reads."""
    records, count = event.get("Records", ()), "ApproximateReceiveCount"
    return [r for r in records if int(r["attributes"][count]) <= RECEIVES]


def _closes(*, force: bool) -> Story:
    def story(stack: Stack, invocation: Invocation, event: Json) -> Any:
        close = partial(Peer(stack, invocation).close, force=force)
        if records := _living(event):
            invocation.run_all(close, sort_records({"Records": records})[0])
        return DONE

    return story


NAIVE: Mapping[str, Story] = {
    "Sweeper": lambda stack, run, event: Peer(stack, run).sweep(event),
    "Closer": _closes(force=False),
    "ForceCloser": _closes(force=True),
}
