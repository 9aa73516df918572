"""Tests Elasticsearch itself: machine learning, its nodes, its jobs; it only reads.

A credential with `monitor_ml` alone may not ask for some of this. Nothing here needs
it, so such a check is told as well, with what it would need.
"""

from collections.abc import Iterator
from datetime import datetime

from idle_jobs.doctor.finding import Finding, fail, ok, warn
from idle_jobs.doctor.front_door import ask
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.idle_closer import SETTINGS, WANTED, timeout_in
from idle_jobs.elastic.info import Info
from idle_jobs.elastic.json_fields import dig
from idle_jobs.elastic.tasks import Open
from idle_jobs.elastic.transport import Wire
from idle_jobs.errors import BadRequest, ClusterError
from idle_jobs.policy.job import OPEN_STATES, State
from idle_jobs.safe_text import printable

CHECKS = (
    *("front door", "machine learning", "elasticsearch", "identity", "privileges"),
    *("licence", "nodes", "idle closer", "jobs"),
)
MANY_JOBS = 8_000  # of 10,000, above which Elasticsearch lists no more
NEEDS_MONITOR = "with the privilege monitor, a sweep would read the open ones alone"
DELETE_SOME = "delete old jobs: with 10,000, a person's request is refused"


def check_machine_learning(info: Info) -> Finding:
    """Return whether machine learning can close jobs now."""
    if info.upgrade_mode:
        then = "wait until the upgrade is over: POST _ml/set_upgrade_mode?enabled=false"
        return warn("machine learning", "upgrade mode is on, nothing can close", then)
    return ok("machine learning", "enabled, and not in upgrade mode")


def check_elasticsearch(wire: Wire) -> Finding:
    """Return the cluster's name and version, where the credential may ask for them."""
    root = ask(wire, "/")
    if isinstance(root, ClusterError):
        return ok("elasticsearch", "its name needs the privilege monitor; not needed")
    name, version = root.get("cluster_name"), dig(root, "version.number")
    return ok("elasticsearch", printable(f"{name}, version {version}"))


def check_licence(wire: Wire) -> Finding:
    """Return the licence, which machine learning needs, where it may be asked for."""
    answer = ask(wire, "/_license", filter_path="license.status,license.type")
    if isinstance(answer, ClusterError):
        return ok("licence", "to see it, the credential needs monitor; not needed")
    kind, status = dig(answer, "license.type"), dig(answer, "license.status")
    saw = printable(f"{kind}, {status}")
    if status == "active":
        return ok("licence", saw)
    return warn("licence", saw, "renew the licence: no job can be opened again")


def check_nodes(wire: Wire) -> Finding:
    """Return how many nodes run jobs, from 8.2 on."""
    answer = ask(wire, "/_ml/memory/_stats", filter_path="nodes.*.roles")
    if isinstance(answer, ClusterError):
        return ok("nodes", "not known: Elasticsearch tells since 8.2")
    nodes = answer.get("nodes")
    roles = [n.get("roles", ()) for n in nodes.values()] if nodes else []
    count = sum("ml" in each for each in roles)
    if not count:
        then = "nothing to free: jobs wait for a node; is autoscaling at zero?"
        return warn("nodes", "no node runs machine learning", then)
    return ok("nodes", f"{count} run{'s' if count == 1 else ''} machine learning")


def check_idle_closer(wire: Wire) -> Finding:
    """Return whether Elasticsearch closes idle jobs itself (9.4 and newer)."""
    answer = ask(wire, SETTINGS, include_defaults="true", filter_path=WANTED)
    if isinstance(answer, ClusterError):
        return ok("idle closer", "to see it, the credential needs monitor; not needed")
    if not (set_to := timeout_in(answer)):
        return ok("idle closer", "this version of Elasticsearch has none")
    if set_to.startswith("-"):
        return ok("idle closer", "that of Elasticsearch is off")
    return ok("idle closer", f"Elasticsearch has its own, after {printable(set_to)}")


def check_jobs(cluster: Cluster, now: datetime) -> Iterator[Finding]:
    """Yield how many jobs there are, measured against what Elasticsearch lists.

    A sweep that may see the tasks reads the open jobs alone; a person's request, all.
    """
    try:
        alone = cluster.open_ids()
        jobs = cluster.jobs(now)
    except BadRequest as error:
        yield _too_many(str(error), alone)
        return
    except ClusterError as error:
        yield fail("jobs", str(error), "read the cause")
        return
    opened = sum(job.state in OPEN_STATES for job in jobs)
    closed = sum(job.state is State.CLOSED for job in jobs)
    saw = f"{len(jobs)} jobs: {opened} open, {closed} closed; "
    saw += NEEDS_MONITOR if alone is None else "a sweep reads the open ones alone"
    if len(jobs) > MANY_JOBS:
        yield warn("jobs", saw, DELETE_SOME)
    else:
        yield ok("jobs", saw)


def _too_many(error: str, alone: Open | None) -> Finding:
    """Return what more jobs mean than Elasticsearch lists."""
    if alone is None:
        then = "give the credential the privilege monitor, or delete old jobs"
        return fail("jobs", f"{error}; {NEEDS_MONITOR}", then)
    saw = f"10000 jobs or more: {len(alone.jobs)} open; a sweep reads these alone"
    return warn("jobs", saw, DELETE_SOME)
