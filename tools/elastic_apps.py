"""Jobs that look as if an Elastic app had installed them, but lack its mark; pure."""

from idle_jobs.policy.job import Job

# Groups of the jobs in Kibana's modules, by the apps and Beats that they belong to.
GROUPS = frozenset(
    {
        *("security", "siem", "apm", "logs-ui", "metrics", "hosts", "k8s", "uptime"),
        *("auditbeat", "metricbeat", "packetbeat", "winlogbeat", "cloudtrail"),
        *("apache", "nginx"),
    }
)


def look_alike(job: Job) -> str:
    """Return the groups that a job without the mark shares with jobs of Elastic's."""
    return "" if job.managed else ", ".join(sorted(GROUPS.intersection(job.groups)))
