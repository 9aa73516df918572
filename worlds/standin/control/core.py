"""Which request to the control leads to which action; pure, and knows no socket.

Everything is JSON. What is refused has changed nothing: 400 names the field and what
it takes, 404 the paths or the job that is not there, 405 the methods of a path.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

from standin.cluster.core import Cluster
from standin.cluster.faults import Timed
from standin.cluster.wire import Answer, Request
from standin.control import actions
from standin.control.actions import NoJob, Shown, Stage
from standin.control.clock import TurnedClock
from standin.control.fields import FieldError, Fields, check_known, read_body

_Action = Callable[[Stage, Fields], Shown]


def _bare(act: Callable[[Stage], Shown]) -> _Action:
    def acted(stage: Stage, fields: Fields) -> Shown:
        check_known(fields, ())
        return act(stage)

    return acted


_JOB_STATE = re.compile("/jobs/([^/?]+)/state")
_PATHS: Mapping[str, Mapping[str, _Action]] = {
    "/clock": {"GET": _bare(actions.get_clock), "PUT": actions.put_clock},
    "/close-duration": {"PUT": actions.put_close_duration},
    "/faults": {
        "GET": _bare(actions.get_faults),
        "POST": actions.add_fault,
        "DELETE": _bare(actions.delete_faults),
    },
    "/wipe": {"POST": _bare(actions.wipe)},
    "/log": {"GET": _bare(actions.get_log), "DELETE": _bare(actions.delete_log)},
}


class Control:
    """Turns a cluster and the clock that it is served with."""

    def __init__(self, cluster: Cluster, clock: TurnedClock) -> None:
        self._stage = Stage(cluster, clock)

    def handle(self, request: Request, _: datetime) -> Timed:
        """Do what a request says, at once."""
        methods = _methods(request.path)
        if not methods:
            listed = ", ".join([*_PATHS, "/jobs/<id>/state"])
            return _refused(404, f"path: expected one of {listed}")
        if request.method not in methods:
            allowed = ", ".join(methods)
            return _refused(405, f"method: expected one of {allowed}", allow=allowed)
        try:
            shown = methods[request.method](self._stage, read_body(request.body))
        except FieldError as refused:
            return _refused(400, str(refused))
        except NoJob as missing:
            return _refused(404, f"no job [{missing}]")
        return _answer(200, shown)


def _methods(path: str) -> Mapping[str, _Action]:
    if match := _JOB_STATE.fullmatch(path):
        job_id = unquote(match[1])
        return {"PUT": lambda stage, f: actions.put_job_state(stage, f, job_id)}
    return _PATHS.get(path, {})


def _refused(status: int, why: str, **headers: str) -> Timed:
    return _answer(status, {"error": why}, **headers)


def _answer(status: int, body: Shown, **headers: str) -> Timed:
    written = json.dumps(body).encode() + b"\n"
    told = {"content-type": "application/json", **headers}
    return Answer(status, told, written), timedelta()
