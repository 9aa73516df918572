"""The stand-in shows configurations, and itself."""

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask

MS = 1_772_452_800_000


def test_config() -> None:
    """A configuration carries groups, settings, times and its datafeed."""
    cluster = Cluster()
    cluster.add_job(
        "web",
        now=NOW,
        state="closed",
        finished=NOW,
        groups=["a"],
        custom_settings={"managed": True},
        functions=["mean", "count"],
        blocked="reset",
        datafeed="stopped",
        frequency="150s",
    )

    (job,) = ask(cluster, "GET /_ml/anomaly_detectors").body["jobs"]

    assert (MS, MS, ["a"]) == (job["create_time"], job["finished_time"], job["groups"])
    assert ({"managed": True}, {"reason": "reset"}) == (
        job["custom_settings"],
        job["blocked"],
    )
    functions = [each["function"] for each in job["analysis_config"]["detectors"]]
    assert functions == ["mean", "count"]
    assert job["datafeed_config"]["frequency"] == "150s"
    assert ask(cluster, "GET /_ml/datafeeds").body == {
        "count": 1,
        "datafeeds": [job["datafeed_config"]],
    }


def test_config_without_generated() -> None:
    """What the cluster generated can be left out of a configuration."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, datafeed="stopped")

    path = "GET /_ml/anomaly_detectors/web?exclude_generated=true"
    (job,) = ask(cluster, path).body["jobs"]

    assert not {"create_time", "job_type", "datafeed_config", "groups"} & job.keys()


def test_root_and_info() -> None:
    """The version is told twice."""
    cluster = Cluster("8.19.1")

    assert ask(cluster, "GET /").body["version"]["number"] == "8.19.1"
    assert ask(cluster, "GET /_ml/info").body["native_code"]["version"] == "8.19.1"
