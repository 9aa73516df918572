"""The built functions and a cluster whose certificate a private CA has signed."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from certificates import Issued, authority, context_of, server, write_chain
from e2e.artifact import BUILD, ArtifactRunner
from e2e.batches import left
from e2e.conftest import HANGS_UP, PARAMETERS
from local.topology import Topology
from stacks import START, add_idle, after, ends, sweep
from standin.cluster import Cluster

pytestmark = pytest.mark.e2e

FUNCTIONS = Topology.load().functions


def stack_of(folder: Path, shown: Issued, trusted: Issued) -> ArtifactRunner:
    """Return a stack whose artifacts hold a `ca.pem`, as a build takes it along."""
    artifact = folder / "artifact"
    shutil.copytree(BUILD / "Closer", artifact)
    (artifact / "ca.pem").write_bytes(trusted.pem)
    tls = context_of(write_chain(folder / "server.pem", server(shown)))
    return ArtifactRunner(
        Cluster(),
        START,
        PARAMETERS | {"CaBundle": "ca.pem"},
        timeouts=HANGS_UP,
        artifacts=dict.fromkeys(FUNCTIONS, artifact),
        tls=tls,
    )


@pytest.mark.parametrize("key_usage", [False, True], ids=["without", "with keyUsage"])
def test_a_cluster_behind_a_private_ca_is_served(
    tmp_path: Path, *, key_usage: bool
) -> None:
    """All functions accept its chain under Lambda's Python (R1)."""
    ca = authority(key_usage=key_usage)
    with stack_of(tmp_path, ca, ca) as stack:
        add_idle(stack, "idle")
        add_idle(stack, "hung", close_takes=timedelta(minutes=1), close_ends="failed")
        sweep(stack)
        stack.run(after(hours=2))

        assert sorted(ends(stack)) == [
            "hung: force_closed failed",
            "idle: closed idle_datafeed_stopped",
        ]
        assert (left(stack), stack.errors) == ([], [])


def test_a_foreign_ca_is_refused(tmp_path: Path) -> None:
    """A CA of the same name with another key: nothing is sent, and the alarm rings."""
    with stack_of(tmp_path, authority(), authority()) as stack:
        add_idle(stack)
        sweep(stack)

        assert stack.metrics["ClusterRefused"] == 1
        assert stack.cluster.log == []
