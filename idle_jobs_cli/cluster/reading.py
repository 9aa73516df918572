"""Reads the jobs of a target, and turns an error into one sentence with a next step."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from urllib.parse import urlsplit

from idle_jobs.doctor.network import End
from idle_jobs.elastic.answers import NOT_THE_CLUSTER
from idle_jobs.errors import ClusterError, LookAgain
from idle_jobs.policy.job import Job
from idle_jobs.reasons import Reason
from idle_jobs_cli.cluster.asked_as import AskedAs, asked_as
from idle_jobs_cli.cluster.hops import failed_hop
from idle_jobs_cli.cluster.target import Target
from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.output.progress import progress

# What to do about an answer, by its status.
_REDIRECTS = ("301", "302", "303", "307", "308")
_NEXT_STEPS = {
    **dict.fromkeys(
        _REDIRECTS, "pass the URL that it redirects to, if that is the cluster"
    ),
    "401": "check the credential: ES_API_KEY, or ES_USERNAME and ES_PASSWORD",
    "403": "give the credential the cluster privilege monitor_ml (docs/try-it.md has "
    "the request that makes such a key)",
    "404": "check the URL: this address answers, but has no machine learning API",
    "429": "the cluster is busy: try again later",
    **dict.fromkeys(
        ("502", "503", "504"),
        "try again later; if a proxy answers, check what is behind it",
    ),
}


def read_jobs(target: Target, job_id: str = "") -> tuple[AskedAs, list[Job], datetime]:
    """Return who was asked and as whom, the jobs (or one), and the time of the read.

    The time is that of this machine, or that of a simulated cluster whose clock was
    turned. CouldNot says why the cluster cannot be read, and what to do about it.
    """
    host = urlsplit(target.url).netloc
    try:
        with progress(f"Reading the jobs of {host}"):
            began = datetime.now(UTC)
            jobs = target.cluster.jobs(began, [job_id] if job_id else None)
            asked = asked_as(target)
            if asked.simulated_time:
                began = asked.simulated_time
                jobs = target.cluster.jobs(began, [job_id] if job_id else None)
    except ClusterError as error:
        raise unreadable(target, error) from None
    return asked, jobs, asked.simulated_time or datetime.now(UTC)


def unreadable(target: Target, error: ClusterError) -> CouldNot:
    """Return why a cluster cannot be read, and the next step."""
    if isinstance(error.__cause__, LookAgain):
        what = f"{End.of(target.url)} takes the request, but does not answer in time"
        return CouldNot(
            what, "check that it is Elasticsearch; if it is, try again later"
        )
    status = re.match(r"(\d{3}) ", str(error))
    too_old = error.reason is Reason.CLUSTER_TOO_OLD
    answered = status or too_old or NOT_THE_CLUSTER in str(error)
    if not answered and (found := failed_hop(target.url, target.ca_file)):
        return found
    what = f"the cluster could not be read: {error}"
    return CouldNot(what, _NEXT_STEPS.get(status[1], "") if status else "")


def near(name: str, known: Iterable[str]) -> str:
    """Return `: did you mean ...?` with up to three names like this one, or ""."""
    alike = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f": did you mean {' or '.join(alike)}?" if alike else ""
