"""Finds jobs that may belong to an Elastic app, but lack its mark; pure."""

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
    """Return the groups of Elastic apps that a job without the mark is in, or ""."""
    return "" if job.managed else ", ".join(sorted(GROUPS.intersection(job.groups)))
