"""`POST _ml/datafeeds/{id}/_start`."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.configs import analysis_shown, show_feed
from standin.cluster.dates import read_moment
from standin.cluster.detectors import fields_of
from standin.cluster.errors import bad_request, conflict, invalid, not_found, too_many
from standin.cluster.job import Job
from standin.cluster.ml import MachineLearning
from standin.cluster.put_feed import find_feed
from standin.cluster.state import ALLOCATION
from standin.cluster.times import millis

ACTION = "cluster:admin/xpack/ml/datafeed/start"


def start(ml: MachineLearning, call: Call) -> Reply:
    """Start a datafeed of an open job; one with an end time closes its job there."""
    call.time("timeout", "20s")
    first = _moment(call, "start")
    end = _moment(call, "end")
    if end and first and first >= end:
        raise invalid(
            f"start [{millis(first)}] must be earlier than end [{millis(end)}]"
        )
    ml.refuse_in_upgrade_mode(ACTION)
    job = find_feed(ml, call.ids or "")
    _check_job(ml, job)
    job.begin_feeding(call.now, end, ml.lookback_takes)
    return Reply({"started": True, "node": ml.node_id if job.assigned else ""})


def _check_job(ml: MachineLearning, job: Job) -> None:
    why = f"cannot start datafeed [{job.datafeed_id}] because"
    if job.state not in {"opened", "opening"}:
        raise conflict(f"{why} job [{job.job_id}] is {job.state}")
    if job.feed:
        _check_indices(ml, job)
    if job.feeding:
        raise conflict(f"{why} it has already been started")
    if ml.settings.value(ALLOCATION) == "none":
        raise too_many(
            f"No node found to start datafeed [{job.datafeed_id}], allocation "
            "explanation [no persistent task assignments are allowed due to cluster "
            "settings]"
        )


def _moment(call: Call, name: str) -> datetime | None:
    value = call.given.get(name)
    if value is None or (name == "end" and value == ""):
        return None
    return read_moment(str(value), name, call.now)


def _check_indices(ml: MachineLearning, job: Job) -> None:
    """Refuse indices that are not there, and fields that they do not have."""
    feed = show_feed(job)
    names: set[str] = set()
    for index in feed["indices"]:
        found = [name for name in ml.indices if fnmatchcase(name, index)]
        if not found and "*" not in index and ":" not in index:
            raise not_found(
                f"datafeed [{job.datafeed_id}] cannot retrieve data because index "
                f"[{index}] does not exist"
            )
        names |= set(found)
    if "aggregations" in feed or any(":" in index for index in feed["indices"]):
        return
    mapped = {field for name in names for field in _mapped(ml.indices[name])}
    mapped |= {*feed.get("script_fields", {}), *feed.get("runtime_mappings", {})}
    for field in _wanted(job):
        if field not in mapped:
            raise bad_request(
                f"datafeed [{job.datafeed_id}] cannot retrieve field [{field}] because "
                "it has no mappings"
            )


def _wanted(job: Job) -> list[str]:
    shown = analysis_shown(job)
    read = fields_of(shown["analysis_config"])
    return [shown["data_description"]["time_field"], *sorted(read)]


def _mapped(index: dict[str, Any], prefix: str = "") -> set[str]:
    # The mappings of an index, of an object in it, or of the parts of a field.
    mappings = index.get("mappings", index)
    names: set[str] = set()
    for kind in ("properties", "fields"):
        for name, inner in (mappings.get(kind) or {}).items():
            names.add(prefix + name)
            if isinstance(inner, dict):
                names |= _mapped(inner, f"{prefix}{name}.")
    return names
