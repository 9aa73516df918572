"""`POST _ml/anomaly_detectors/{id}/_update` and `_reset`."""

from collections.abc import Mapping
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.categories import categories_of
from standin.cluster.configs import analysis_shown, show_job
from standin.cluster.detector import rule_of
from standin.cluster.detectors import check_span
from standin.cluster.errors import bad_request, conflict, illegal_argument
from standin.cluster.job import Job
from standin.cluster.job_config import finish, limits_of, retention_of
from standin.cluster.ml import MachineLearning
from standin.cluster.names import check_clashes, check_groups, same_id
from standin.cluster.put_job import find_job
from standin.cluster.schema import read_object
from standin.cluster.shapes import JOB_UPDATE
from standin.cluster.sizes import MEGABYTE, megabytes, write_bytes

UPDATE = "cluster:admin/xpack/ml/job/update"
RESET = "cluster:admin/xpack/ml/job/reset"
_PLAIN = (
    *("description", "renormalization_window_days", "background_persist_interval"),
    *("results_retention_days", "allow_lazy_open", "custom_settings"),
)
_SNAPSHOTS = (
    "model_snapshot_retention_days",
    "daily_model_snapshot_retention_after_days",
)
_ANALYSIS = (
    *("categorization_filters", "per_partition_categorization", "model_prune_window"),
)


def update_job(ml: MachineLearning, call: Call) -> Reply:
    """Change a configuration; an open job keeps its limits."""
    job_id = call.ids or ""
    given = read_object(call, JOB_UPDATE)
    same_id("job_id", job_id, given.get("job_id"))
    if job_id in {"_all", "*"}:
        raise illegal_argument(f"Invalid job_id; '{job_id}' names all jobs, not one")
    ml.refuse_in_upgrade_mode(UPDATE)
    job = find_job(ml, job_id)
    check_groups(job_id, given.get("groups"))
    check_clashes(ml, job_id, given.get("groups"))
    config = {**analysis_shown(job), "allow_lazy_open": job.allow_lazy_open}
    config |= {name: given[name] for name in _PLAIN if given.get(name) is not None}
    config |= retention_of({n: config[n] for n in _SNAPSHOTS} | given)
    if given.get("analysis_limits"):
        config["analysis_limits"] = _limits(ml, job, given)
    if plot := given.get("model_plot_config"):
        config["model_plot_config"] = plot
    _update_analysis(config, given)
    job.analysis = finish(config)
    _update_job(job, given)
    return Reply(show_job(ml, job))


def _update_job(job: Job, given: Mapping[str, Any]) -> None:
    job.memory = job.analysis["analysis_limits"]["model_memory_limit"]
    job.allow_lazy_open = job.analysis["allow_lazy_open"]
    job.custom_settings = job.analysis.get("custom_settings")
    if given.get("groups") is not None:
        job.groups = sorted(set(given["groups"]))


def _limits(ml: MachineLearning, job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    if job.has_task:
        raise conflict("Cannot update analysis_limits while the job is open")
    limits = limits_of(
        ml,
        {"analysis_limits": {**limits_now(job), **given["analysis_limits"]}},
    )
    asked = megabytes(limits["model_memory_limit"], "model_memory_limit") * MEGABYTE
    if asked < job.model_bytes:
        raise bad_request(
            "Invalid update value for analysis_limits: model_memory_limit cannot be "
            f"decreased below current usage; current usage "
            f"[{write_bytes(job.model_bytes)}], update had [{write_bytes(asked)}]"
        )
    return limits


def limits_now(job: Job) -> dict[str, Any]:
    """Return the limits that hold."""
    return dict(analysis_shown(job)["analysis_limits"])


def _update_analysis(config: dict[str, Any], given: Mapping[str, Any]) -> None:
    detectors = [dict(each) for each in config["analysis_config"]["detectors"]]
    for change in given.get("detectors") or []:
        index = change.get("detector_index", -1)
        if not 0 <= index < len(detectors):
            raise bad_request(
                f"Supplied detector_index [{index}] is >= the number of detectors "
                f"[{len(detectors)}]"
            )
        if change.get("description") is not None:
            detectors[index]["detector_description"] = change["description"]
        if change.get("custom_rules") is not None:
            detectors[index]["custom_rules"] = [
                rule_of(rule) for rule in change["custom_rules"]
            ]
    analysis = {**config["analysis_config"], "detectors": detectors}
    analysis |= {name: given[name] for name in _ANALYSIS if given.get(name) is not None}
    check_span(analysis["bucket_span"], analysis.get("model_prune_window"))
    config["analysis_config"] = categories_of(analysis)


def reset_job(ml: MachineLearning, call: Call) -> Reply:
    """Forget what a closed job has learned."""
    call.flag("delete_user_annotations", False)
    call.flag("wait_for_completion", True)
    ml.refuse_in_upgrade_mode(RESET)
    job = find_job(ml, call.ids or "")
    if job.has_task:
        raise conflict("Can only reset a job when it is closed.")
    if job.blocked and job.blocked != "reset":
        raise conflict(f"cannot reset job while it is blocked with [{job.blocked}]")
    job.forget()
    return Reply({"acknowledged": True})
