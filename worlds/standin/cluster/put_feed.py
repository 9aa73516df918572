"""`PUT`, `DELETE` and `_update` of `_ml/datafeeds/{id}`."""

from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.configs import show_feed
from standin.cluster.errors import already_exists, bad_request, conflict, not_found
from standin.cluster.feed_config import check_stopped, feed_config
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.names import same_id
from standin.cluster.put_job import find_job
from standin.cluster.schema import read_object
from standin.cluster.shapes import FEED, FEED_UPDATE

PUT = "cluster:admin/xpack/ml/datafeeds/put"
DELETE = "cluster:admin/xpack/ml/datafeeds/delete"
UPDATE = "cluster:admin/xpack/ml/datafeeds/update"


def put_feed(ml: MachineLearning, call: Call) -> Reply:
    """Create a datafeed; a job has at most one."""
    feed_id = call.ids or ""
    given = read_object(call, FEED)
    same_id("datafeed_id", feed_id, given.get("datafeed_id"))
    config = feed_config(call, feed_id, given)
    ml.refuse_in_upgrade_mode(PUT)
    if any(job.datafeed and job.datafeed_id == feed_id for job in ml.jobs.values()):
        raise already_exists(f"A datafeed with id [{feed_id}] already exists")
    job = find_job(ml, config["job_id"])
    if job.datafeed:
        raise conflict(
            f"A datafeed [{job.datafeed_id}] already exists for job [{job.job_id}]"
        )
    job.give_feed(config)
    return Reply(show_feed(job))


def update_feed(ml: MachineLearning, call: Call) -> Reply:
    """Change a datafeed that is stopped."""
    feed_id = call.ids or ""
    given = read_object(call, FEED_UPDATE)
    same_id("datafeed_id", feed_id, given.get("datafeed_id"))
    ml.refuse_in_upgrade_mode(UPDATE)
    job = find_feed(ml, feed_id)
    if job.feeding:
        raise conflict(
            f"Cannot update datafeed [{feed_id}] while its status is {job.datafeed}"
        )
    if given.get("job_id") not in {None, job.job_id}:
        raise bad_request("Datafeed's job_id cannot be changed")
    job.give_feed(feed_config(call, feed_id, _merged(show_feed(job), given)))
    return Reply(show_feed(job))


def _merged(now: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in given.items() if value is not None}
    for old, name in (("indexes", "indices"), ("aggs", "aggregations")):
        if said.get(old):
            said[name] = said[old]
    options = now.get("indices_options", {}) | said.get("indices_options", {})
    return now | said | ({"indices_options": options} if options else {})


def delete_feed(ml: MachineLearning, call: Call) -> Reply:
    """Delete a datafeed; a running one only by force."""
    force = call.flag("force", False)
    ml.refuse_in_upgrade_mode(DELETE)
    job = find_feed(ml, call.ids or "")
    if not force:
        check_stopped(job)
    job.datafeed, job.feed, job.ends_feeding = None, None, None
    return Reply({"acknowledged": True})


def find_feed(ml: MachineLearning, feed_id: str) -> Job:
    """Find the job of a datafeed by the datafeed's exact id."""
    for job in ml.jobs.values():
        if job.datafeed and job.config and job.datafeed_id == feed_id:
            return job
    raise not_found(f"No datafeed with id [{feed_id}] exists")
