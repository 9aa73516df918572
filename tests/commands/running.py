"""Runs `idle-jobs` in this process, as the console script does."""

import os
from unittest.mock import patch

from idle_jobs_cli.__main__ import main
from standin.cluster import API_KEY, Cluster, serve


def idle_jobs(*argv: str, **variables: str) -> int:
    """Run a command with these variables; return its exit code."""
    with patch.dict(os.environ, variables):
        return main(argv)


def on_cluster(cluster: Cluster, *argv: str, **variables: str) -> int:
    """Run a command that reads this cluster, with its key unless another is given."""
    given = {"ES_API_KEY": API_KEY, "KEEP_PATTERNS": "prod-*"} | variables
    with serve(cluster) as url:
        return idle_jobs(*argv, "--url", url, **given)
