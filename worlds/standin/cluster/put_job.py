"""`PUT` and `DELETE _ml/anomaly_detectors/{id}`."""

from collections.abc import Mapping
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.configs import show_job
from standin.cluster.errors import already_exists, conflict, not_found
from standin.cluster.feed_config import check_stopped, feed_config
from standin.cluster.job import Job
from standin.cluster.job_config import job_config
from standin.cluster.ml import MachineLearning
from standin.cluster.names import check_clashes, same_id
from standin.cluster.schema import read_object
from standin.cluster.shapes import JOB

PUT = "cluster:admin/xpack/ml/job/put"
DELETE = "cluster:admin/xpack/ml/job/delete"


def put_job(ml: MachineLearning, call: Call) -> Reply:
    """Create a job, with its datafeed if one comes with it."""
    job_id = call.ids or ""
    given = read_object(call, JOB)
    same_id("job_id", job_id, given.get("job_id"))
    config = job_config(ml, call, job_id, given)
    feed = given.get("datafeed_config")
    if feed is not None:
        feed = feed_config(
            call, feed.get("datafeed_id") or job_id, {"job_id": job_id, **feed}
        )
    ml.refuse_in_upgrade_mode(PUT)
    if job_id in ml.jobs:
        raise already_exists(
            f"The job cannot be created with the Id '{job_id}'. The Id is already used."
        )
    check_clashes(ml, job_id, given.get("groups"))
    job = _add(ml, call, given, config)
    if feed is not None:
        job.give_feed(feed)
    return Reply(show_job(ml, job))


def _add(
    ml: MachineLearning, call: Call, given: Mapping[str, Any], config: dict[str, Any]
) -> Job:
    job = ml.add_job(
        call.ids or "",
        now=call.now,
        state="closed",
        groups=sorted(set(given.get("groups") or ())),
        bucket_span=config["analysis_config"]["bucket_span"],
        memory=config["analysis_limits"]["model_memory_limit"],
        custom_settings=config.get("custom_settings"),
        allow_lazy_open=config["allow_lazy_open"],
    )
    job.analysis = config
    return job


def delete_job(ml: MachineLearning, call: Call) -> Reply:
    """Delete a job with its datafeed; an open one only by force.

    Source: pull request 76010, in the release notes of 7.15: until then the datafeed
    had to be deleted first, since then it is deleted with the force that is given.
    """
    force = call.flag("force", False)
    call.flag("delete_user_annotations", False)
    wait = call.flag("wait_for_completion", True)
    ml.refuse_in_upgrade_mode(DELETE)
    job = find_job(ml, call.ids or "", deleting=True)
    _check_unused(ml, job, force=force)
    job.kill(call.now)
    ml.delete_job(job.job_id)
    return Reply(
        {"acknowledged": True} if wait else {"task": f"{ml.node_id}:{len(ml.jobs)}"}
    )


def _check_unused(ml: MachineLearning, job: Job, *, force: bool) -> None:
    if job.has_task and not force:
        raise conflict(
            f"Cannot delete job [{job.job_id}] because the job is {job.state}"
        )
    if job.datafeed and not ml.since(7, 15):
        raise conflict(
            f"Cannot delete job [{job.job_id}] because datafeed [{job.datafeed_id}] "
            "refers to it"
        )
    if not force:
        check_stopped(job)


def find_job(ml: MachineLearning, job_id: str, *, deleting: bool = False) -> Job:
    """Find one job by its exact id."""
    job = ml.jobs.get(job_id)
    if job is None or not job.config or (job.deleting and not deleting):
        raise not_found(f"No known job with id '{job_id}'")
    return job
