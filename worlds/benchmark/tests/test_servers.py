"""The servers: connections that are kept, answers that are held, what is counted."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from benchmark.cluster_jobs import Spec, build, job_ids, most_at_once, takes, warm_ids
from benchmark.cluster_server import Server
from benchmark.http_server import Connection, Handle, Traffic, listen
from standin.cluster import API_KEY, Request

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
KEY = f"Authorization: ApiKey {API_KEY}\r\n"
ENDS = "Connection: close\r\n"


async def exchange(handle: Handle, traffic: Traffic, *parts: bytes) -> bytes:
    """Send parts over one connection, one by one, and return all that comes back."""
    async with listen(handle, traffic) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


def echo(request: Request, connection: Connection) -> None:
    """Answer with what came."""
    connection.reply(200, request.body + request.path.encode())


def test_one_connection_carries_several_requests() -> None:
    """A body may come in parts; `Connection: close` ends it; all of it is counted."""
    traffic = Traffic()
    parts = (
        b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nx",
        b"yzGET /b HTTP/1.1\r\n",
        b"Connection: close\r\n\r\n",
    )
    answer = asyncio.run(exchange(echo, traffic, *parts))

    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"xyz/a" in answer
    assert answer.endswith(b"/b")
    assert (traffic.connections, traffic.requests) == (1, 2)
    assert (traffic.received, traffic.sent) == (sum(map(len, parts)), len(answer))


def test_who_has_hung_up_gets_no_answer() -> None:
    """A held answer is dropped, as nobody waits for it."""
    connection = Connection(echo, traffic := Traffic(), set())
    connection.connection_lost(None)
    connection.reply(200, b"late")

    assert connection.gone
    assert traffic.sent == 0


def test_a_close_is_held_until_the_job_is_closed() -> None:
    """The answer comes then, packed if that is asked for, and the end is counted."""
    server = Server(build(Spec(2, 2, 2, 0.02, 0.02), NOW), datetime.now(UTC))
    path = f"/_ml/anomaly_detectors/{job_ids(1)[0]}"
    close = f"POST {path}/_close HTTP/1.1\r\n{KEY}{ENDS}\r\n".encode()
    packed = f"Accept-Encoding: gzip\r\n{ENDS}"
    read = f"GET {path}/_stats HTTP/1.1\r\n{KEY}{packed}\r\n".encode()
    count = f"GET / HTTP/1.1\r\n{ENDS}\r\n".encode()

    async def ask() -> list[bytes]:
        return [
            await exchange(server.handle, server.traffic, close),
            await exchange(server.handle, server.traffic, read),
            await exchange(server.count, Traffic(), count),
        ]

    answer, stats, counts = asyncio.run(ask())
    counted = json.loads(counts.partition(b"\r\n\r\n")[2])

    assert b'"closed":true' in answer.replace(b" ", b"")
    assert b"content-encoding: gzip" in stats
    assert (counted["posts"], counted["closed"], counted["most_at_once"]) == (1, 1, 1)


def test_a_cluster_has_the_jobs_of_its_spec() -> None:
    """Open ones first, of which some are idle, and those to get warm with."""
    cluster = build(Spec(10, 6, 4, 1, 2, warm=2), NOW)
    jobs = [cluster.jobs[job_id] for job_id in job_ids(10)]

    assert [job.state for job in jobs] == ["opened"] * 6 + ["closed"] * 4
    assert [job.datafeed for job in jobs[:6]] == ["stopped"] * 4 + ["started"] * 2
    assert [job.close_takes.total_seconds() for job in jobs[:6]] == [
        round(each, 6) for each in takes(Spec(10, 6, 4, 1, 2))
    ]
    assert {*warm_ids(2)} < cluster.jobs.keys()


def test_closings_at_a_time_are_counted() -> None:
    """Two overlap, and the third begins when the second ends."""
    cluster = build(Spec(3, 3, 3), NOW)
    times = ((0, 10), (5, 20), (20, 30))
    for job, (begins, ends) in zip(cluster.jobs.values(), times, strict=True):
        job.close_takes = timedelta(seconds=ends - begins)
        job.finished = NOW + timedelta(seconds=ends)

    assert most_at_once([*cluster.jobs.values()]) == 2
    assert most_at_once([]) == 0
