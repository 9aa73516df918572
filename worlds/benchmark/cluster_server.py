"""The stand-in as a process of its own: `python -m benchmark.cluster_server SPEC`.

It prints its URL and that of what it has counted, and ends with its standard input.
"""

import asyncio
import gzip
import json
import ssl
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from benchmark.cluster_jobs import WARM, Spec, build, most_at_once
from benchmark.http_server import Connection, Traffic, listen
from standin.cluster import FOREVER, Answer, Cluster, Request

_STATS = "/_ml/anomaly_detectors"


class Server:
    """Answers for a cluster, and counts."""

    def __init__(self, cluster: Cluster, started: datetime) -> None:
        self._cluster, self._started = cluster, started
        self.traffic = Traffic()
        self._posts = self._searches = 0

    def handle(self, request: Request, connection: Connection) -> None:
        """Answer a request when its answer is due."""
        self._posts += request.method == "POST"
        self._searches += self._searches_of(request.path)
        now = datetime.now(UTC)
        answer, after = self._cluster.handle(request, now)
        self._hold(request, connection, answer, now, after)

    def _hold(
        self,
        request: Request,
        connection: Connection,
        answer: Answer,
        since: datetime,
        after: timedelta,
    ) -> None:
        if connection.gone or after == FOREVER:
            return
        left = (since + after - datetime.now(UTC)).total_seconds()
        if left <= 0:
            _send(request, connection, answer)
            return

        def look() -> None:
            again = answer.again() if answer.again else (answer, after)
            self._hold(request, connection, again[0], since, again[1])

        asyncio.get_running_loop().call_later(left, look)

    def _searches_of(self, path: str) -> int:
        """Return the searches that Elasticsearch does for the stats of jobs.

        One for each open job (its forecasts), and one more for each closed one, whose
        counts no process holds.
        """
        path = path.partition("?")[0]
        if not (path.startswith(_STATS) and path.endswith("/_stats")):
            return 0
        jobs = self._cluster.jobs
        asked = unquote(path.removeprefix(_STATS).removesuffix("_stats")).strip("/")
        ids = [each for each in asked.split(",") if each in jobs] if asked else jobs
        return sum(1 if jobs[each].has_task else 2 for each in ids)

    def count(self, _: Request, connection: Connection) -> None:
        """Answer what has been counted so far; to ask is not counted itself."""
        connection.reply(200, json.dumps(self._counts()).encode())

    def _counts(self) -> dict[str, object]:
        self._cluster.settle(datetime.now(UTC))
        jobs = self._cluster.jobs.values()
        closed = [
            job
            for job in jobs
            if job.finished and job.finished >= self._started and WARM not in job.job_id
        ]
        ends = [job.finished.timestamp() for job in closed if job.finished]
        return asdict(self.traffic) | {
            "posts": self._posts,
            "searches": self._searches,
            "cpu": time.process_time(),
            "closed": len(closed),
            "last_closed": max(ends, default=0),
            "most_at_once": most_at_once(closed),
        }


def _send(request: Request, connection: Connection, answer: Answer) -> None:
    body, headers = answer.body, dict(answer.headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        # The level of Elasticsearch (`http.compression_level`).
        body = gzip.compress(body, compresslevel=3, mtime=0)
        headers["content-encoding"] = "gzip"
    connection.reply(answer.status, body, headers)


async def serve(spec: Spec) -> None:
    """Serve until standard input ends."""
    now = datetime.now(UTC)
    server = Server(build(spec, now), now)
    tls = None
    if spec.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(spec.certificate)
    async with (
        listen(server.handle, server.traffic, tls) as url,
        listen(server.count, Traffic()) as counts,
    ):
        print(url, counts, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Spec(**json.loads(sys.argv[1]))))
