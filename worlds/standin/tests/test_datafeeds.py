"""The stand-in shows what datafeeds do."""

from typing import Any

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask
from standin.cluster.job import JobFields

MS = 1_772_452_800_000


def stats(cluster: Cluster) -> Any:
    """Read the stats of the only datafeed."""
    (datafeed,) = ask(cluster, "GET /_ml/datafeeds/_stats").body["datafeeds"]
    return datafeed


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"datafeed": "stopped"}, {"timing_stats"}),
        (
            {"datafeed": "starting"},
            {"timing_stats", "node", "assignment_explanation"},
        ),
        (
            {"datafeed": "started"},
            {"timing_stats", "node", "assignment_explanation", "running_state"},
        ),
        (
            {"datafeed": "started", "config": False},
            {"node", "assignment_explanation", "running_state"},
        ),
    ],
    ids=["stopped", "starting", "started", "orphan"],
)
def test_datafeed_stats(fields: JobFields, expected: set[str]) -> None:
    """A datafeed never names its job at the top, and says how it runs if started."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, **fields)

    shown = stats(cluster)

    assert expected | {"datafeed_id", "state"} == shown.keys()


def test_lookback() -> None:
    """A datafeed with an end time says so, and how far it has searched."""
    cluster = Cluster()
    cluster.add_job(
        "web",
        now=NOW,
        datafeed="started",
        real_time=False,
        real_time_running=False,
        searched_until=NOW,
        last_data=NOW,
    )

    shown = stats(cluster)
    state = shown["running_state"]

    assert (False, False, MS) == (
        state["real_time_configured"],
        state["real_time_running"],
        state["search_interval"]["end_ms"],
    )
    assert shown["timing_stats"]["job_id"] == "web"
