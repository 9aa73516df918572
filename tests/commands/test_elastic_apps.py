"""Jobs of Elastic's apps that lack the mark are told before they are closed."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from builders import NOW, RULES, idle_job
from commands.running import on_cluster
from idle_jobs.policy.judge import judge
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason
from idle_jobs_cli.explaining.elastic_apps import look_alike
from local.scenario import SWEEP
from standin.cluster import Cluster

# Groups as Kibana's modules have them, and a name that such a job has.
INSTALLED = {
    "windows_anomalous_process_creation": ("security", "winlogbeat", "process"),
    "kibana-logs-ui-default-default-log-entry-rate": ("logs-ui",),
    "apm-production-1234-apm_tx_metrics": ("apm",),
    "hosts_memory_usage": ("hosts", "metrics"),
    "my-monitor_high_latency_by_geo": ("uptime",),
}


@pytest.mark.parametrize(("job_id", "groups"), INSTALLED.items(), ids=INSTALLED)
def test_a_job_without_the_mark_is_told_by_its_groups(
    job_id: str, groups: tuple[str, ...]
) -> None:
    """It is judged as any other, and looks like a job of an app (F12)."""
    job = idle_job(job_id=job_id, groups=groups, functions=("rare",))
    marked = replace(job, managed=True)

    assert Action.CLOSE == judge(job, NOW, RULES).action
    assert Reason.MANAGED == judge(marked, NOW, RULES).reason
    assert (look_alike(job) != "", look_alike(marked)) == (True, "")


@pytest.mark.parametrize("groups", [(), ("shop",), ("security-team",)], ids=str)
def test_a_job_of_others_is_not_told(groups: tuple[str, ...]) -> None:
    """Groups of other names mean nothing (F12)."""
    assert look_alike(idle_job(groups=groups)) == ""


def test_the_plan_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Each such job in its detail, and how many would be closed (F12)."""
    cluster = Cluster()
    cluster.add_job(
        "windows_anomalous_process_creation",
        now=SWEEP,
        state="opened",
        created=SWEEP - timedelta(days=90),
        last_data=SWEEP - timedelta(days=10),
        datafeed="stopped",
        groups=("security", "winlogbeat", "process"),
        custom_settings={"custom_urls": []},
    )
    with time_machine.travel(SWEEP, tick=False):
        on_cluster(cluster, "plan")
    out = capsys.readouterr().out

    assert "datafeed stopped; may belong to an Elastic app: security, winlogbeat" in out
    assert "look at     1 of the jobs to send have groups of Elastic apps" in out
