"""What the control does to a cluster and to its clock; it knows no HTTP.

Each action reads all of its fields before it changes anything.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standin.cluster.core import Cluster
from standin.cluster.wire import Received
from standin.control.clock import TurnedClock
from standin.control.draws import read_draw
from standin.control.faults import read_fault, show_fault
from standin.control.fields import (
    LATEST,
    FieldError,
    Fields,
    read_choice,
    read_duration,
    read_flag,
    read_moment,
)

Shown = Mapping[str, Any]


@dataclass(frozen=True)
class Stage:
    """What is controlled."""

    cluster: Cluster
    clock: TurnedClock


class NoJob(Exception):
    """The job that is named is not there."""


def get_clock(stage: Stage) -> Shown:
    """Tell the time, and whether it stands still."""
    return {"now": stage.clock().isoformat(), "stopped": stage.clock.stopped}


def put_clock(stage: Stage, fields: Fields) -> Shown:
    """Stop the clock `at` a time, `advance` it, or let it run as the `real` one."""
    choice = read_choice(fields, ("at", "advance", "real"))
    value = fields[choice]
    if choice == "at":
        stage.clock.stop(read_moment(choice, value))
    elif choice == "advance":
        by = read_duration(choice, value)
        if stage.clock() + by > LATEST:
            raise FieldError(choice, f"a time before {LATEST.isoformat()}", value)
        stage.clock.advance(by)
    elif read_flag(choice, value):
        stage.clock.run()
    else:
        raise FieldError(choice, "true", value)
    return get_clock(stage)


def put_close_duration(stage: Stage, fields: Fields) -> Shown:
    """Set it for the jobs that are there and those that will be put.

    A closing that is under way goes on as it began.
    """
    draw = read_draw(fields)
    stage.cluster.close_duration = draw
    for job in stage.cluster.jobs.values():
        job.close_takes = draw()
    return fields


def get_faults(stage: Stage) -> Shown:
    """List the faults in the order in which they are tried."""
    return {"faults": [show_fault(fault) for fault in stage.cluster.faults]}


def add_fault(stage: Stage, fields: Fields) -> Shown:
    """Add a fault behind those that are there."""
    stage.cluster.faults.append(read_fault(fields))
    return get_faults(stage)


def delete_faults(stage: Stage) -> Shown:
    """End all faults."""
    stage.cluster.faults.clear()
    return get_faults(stage)


def wipe(stage: Stage) -> Shown:
    """Forget jobs, datafeeds, indices, settings and modes."""
    stage.cluster.wipe()
    return {"wiped": True}


def get_log(stage: Stage) -> Shown:
    """List the requests as received, the oldest first."""
    return {"log": [_line(received) for received in stage.cluster.log]}


def delete_log(stage: Stage) -> Shown:
    """Forget the requests so far."""
    stage.cluster.log.clear()
    return get_log(stage)


def put_job_state(stage: Stage, fields: Fields, job_id: str) -> Shown:
    """Set what no request sets: whether a forecast is running."""
    forecast = read_flag("forecast", fields.get(read_choice(fields, ("forecast",))))
    if job_id not in stage.cluster.jobs:
        raise NoJob(job_id)
    stage.cluster.jobs[job_id].forecast = forecast
    return {"forecast": forecast}


def _line(received: Received) -> Shown:
    told = {
        "now": received.now.isoformat(),
        "method": received.method,
        "path": received.path,
        "headers": dict(received.headers),
    }
    try:
        return told | {"body": received.body.decode()}
    except UnicodeDecodeError:
        return told | {"body_base64": b64encode(received.body).decode()}
