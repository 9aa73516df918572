"""`idle-jobs cluster`: the stand-in on this machine, with the demo's jobs as of now."""

import os
import re
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Lock

from local.scenario import PARAMETERS, ROWS, build
from standin.cluster import API_KEY, Cluster, Request
from standin.cluster.faults import Timed
from standin.cluster.shell import Clock, Handle, serve_handle
from standin.control import Control, TurnedClock

VERSION = "8.9.0"
STOPS = {signal.SIGINT, signal.SIGTERM}
STATS = "/_ml/anomaly_detectors/_stats?filter_path=jobs.job_id,jobs.state"


class _Unusable(Exception):
    """A port that cannot be served on."""


def main(environ: Mapping[str, str]) -> int:
    """Serve until told to stop; 1 if a port is taken, 2 for what is no port or version.

    What tells it has to be blocked, so that it comes when it is waited for.
    """
    ports = {"PORT": environ.get("PORT", "9200")}
    if "CONTROL_PORT" in environ:
        ports["CONTROL_PORT"] = environ["CONTROL_PORT"]
    for name, port in ports.items():
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= 65535):
            print(f"{name}: expected 1 to 65535, got {port!r:.80}", file=sys.stderr)
            return 2
    version = environ.get("VERSION") or VERSION
    if not re.fullmatch(r"[7-9]\.\d{1,3}\.\d{1,3}", version, re.ASCII):
        wrong = f"VERSION: expected one like {VERSION}, got {version!r:.80}"
        print(wrong, file=sys.stderr)
        return 2
    try:
        with ExitStack() as servers:
            cluster = build(now=datetime.now(UTC), version=version)
            numbers = {name: int(port) for name, port in ports.items()}
            urls = _serve(servers, cluster, numbers)
            print(*introduction(*urls), sep="\n", flush=True)
            signal.sigwait(STOPS)
    except _Unusable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve(
    servers: ExitStack, cluster: Cluster, ports: Mapping[str, int]
) -> Iterable[str]:
    """Yield the URL of the cluster, and that of its control if it has a port."""
    clock, lock = TurnedClock(), Lock()
    cluster.clock_is_turned = lambda: clock.turned
    handles: Mapping[str, tuple[Handle, Clock]] = {
        "PORT": (cluster.handle, clock),
        # Not by the clock that it turns: its answers are due at once.
        "CONTROL_PORT": (Control(cluster, clock).handle, lambda: datetime.now(UTC)),
    }
    for name, port in ports.items():
        handle, own_clock = handles[name]
        server = serve_handle(_exclusive(handle, lock), own_clock, port)
        try:
            yield servers.enter_context(server)
        except OSError as error:
            why = f"{name}: {port} cannot be used: {error.strerror}"
            raise _Unusable(why) from error


def _exclusive(handle: Handle, lock: Lock) -> Handle:
    """Let two servers change one cluster in turn."""

    def handled(request: Request, now: datetime) -> Timed:
        with lock:
            return handle(request, now)

    return handled


def introduction(url: str, control: str = "") -> Iterable[str]:
    """Yield what can be done with the cluster, and by its control if there is one."""
    curl = f"curl -s -H 'Authorization: ApiKey {API_KEY}'"
    yield f"A simulated cluster with {len(ROWS)} jobs: {url}, API key {API_KEY}."
    yield ""
    yield f"  {curl} '{url}/_ml/info?pretty'"
    yield f"  {curl} '{url}{STATS}&pretty'"
    yield f"  {curl} -X POST {url}/_ml/anomaly_detectors/web-latency/_close"
    yield ""
    yield f"  export CLUSTER_URL={url} ES_API_KEY={API_KEY}"
    yield f"  idle-jobs plan --set KEEP_PATTERNS='{PARAMETERS['KeepPatterns']}'"
    yield "  idle-jobs explain weekly-upload"
    if control:
        yield f'  curl -s -X PUT {control}/clock -d \'{{"advance": "90m"}}\''
        yield ""
        yield f"While its clock is turned, {url} says so: the field simulated_time"
        yield "has its time, and idle-jobs plan takes it for the present."
    yield ""
    yield "Ctrl-C stops it."


if __name__ == "__main__":
    # As an exception it could strike, and get lost, wherever a server is just started.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    sys.exit(main(os.environ))
