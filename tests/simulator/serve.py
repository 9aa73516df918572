"""`make cluster`: the stand-in on this machine, with the demo's jobs as of now."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event

from simulator.cluster import serve
from simulator.runner import API_KEY
from simulator.scenario import PARAMETERS, ROWS, build

STATS = "/_ml/anomaly_detectors/_stats?filter_path=jobs.job_id,jobs.state"


def main(environ: Mapping[str, str]) -> int:
    """Serve until told to stop; 1 if the port is taken, 2 if it is none."""
    port = environ.get("PORT", "9200")
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= 65535):
        print(f"PORT: expected 1 to 65535, got {port!r:.80}", file=sys.stderr)
        return 2
    try:
        with serve(build(now=datetime.now(UTC)), port=int(port)) as url:
            _wait(url)
    except OSError as error:
        print(f"PORT: {port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _wait(url: str) -> None:
    # An interruption, and no event set by a handler: that would wait for its own lock
    # if the signal came just when the wait began.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        print(*introduction(url), sep="\n", flush=True)
        Event().wait()


def introduction(url: str) -> Iterable[str]:
    """Yield what can be done with the cluster."""
    curl = f"curl -s -H 'Authorization: ApiKey {API_KEY}'"
    yield f"A simulated cluster with {len(ROWS)} jobs: {url}, API key {API_KEY}."
    yield ""
    yield f"  {curl} '{url}/_ml/info?pretty'"
    yield f"  {curl} '{url}{STATS}&pretty'"
    yield f"  {curl} -X POST {url}/_ml/anomaly_detectors/web-latency/_close"
    yield ""
    own = f"CLUSTER_URL={url} ES_API_KEY={API_KEY}"
    yield f"  {own} KEEP_PATTERNS='{PARAMETERS['KeepPatterns']}' make plan"
    yield f"  {own} make explain JOB=weekly-upload"
    yield ""
    yield "Ctrl-C stops it."


if __name__ == "__main__":
    sys.exit(main(os.environ))
