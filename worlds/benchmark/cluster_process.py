"""The cluster as a subject sees it: a URL, and what has been counted behind it."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from benchmark.cluster_jobs import Spec
from benchmark.places import ROOT, SERVER_PYTHON


@dataclass(frozen=True)
class ClusterProcess:
    """A cluster that is served by another process."""

    url: str
    _counts: str

    def counts(self) -> dict[str, float]:
        """Return what has been counted so far."""
        with urllib.request.urlopen(self._counts, timeout=60) as answer:  # noqa: S310 - ours
            counted: dict[str, Any] = json.load(answer)
        return counted


def difference(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    """Return what was counted between two looks."""
    return {name: after[name] - before[name] for name in after}


@contextmanager
def cluster(spec: Spec) -> Iterator[ClusterProcess]:
    """Serve the jobs of a spec."""
    path = os.pathsep.join(str(ROOT / name) for name in ("worlds", "functions"))
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [SERVER_PYTHON, "-m", "benchmark.cluster_server", json.dumps(asdict(spec))],
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdin
        try:
            yield ClusterProcess(*process.stdout.readline().split())
        finally:
            process.stdin.close()
            process.wait(10)
