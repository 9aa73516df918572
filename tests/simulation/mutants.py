"""Mutants of the product: what is broken in each, and what the checker must find.

Values only. The kinds are those of `findings.Problem`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

_OWN = "functions/idle_jobs/"


@dataclass(frozen=True)
class Patch:
    """One change of a file: `old` has to be in it exactly once."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A patch, the problem that it must cause, and the schedules that show it soon.

    `faults` are the arguments of `Faults`; what they leave out is as in the field.
    """

    patch: Patch
    kind: str
    jobs: int = 60
    faults: Mapping[str, float] = field(default_factory=dict)


def _of(
    file: str, old: str, new: str, kind: str, jobs: int = 60, **faults: float
) -> Mutant:
    path = file if "." in file else f"{_OWN}{file}.py"
    return Mutant(Patch(path, old, new), kind, jobs, faults)


_STEP = "return next_step(job, message, self.now, self.desk.rules)"
_LAST_LINE = "    return response\n"
_WHOLE = """    if response["batchItemFailures"]:
        ids = [{"itemIdentifier": r.message_id} for r in records]
        return {"batchItemFailures": ids}
    return response
"""
_NO_CHECK = f"""if job and not self.desk.rules.may_force:
            return Close(job, message.timeout)
        {_STEP}"""
_FORCE_ALL = f"""if job and self.desk.rules.may_force:
            return Force(job, Reason.FORCE_ORDERED)
        {_STEP}"""

_STATES = 'stats, incomplete = self._list(_JOBS, "/_stats", STATS_FIELDS, ids)'
_READ_AT = "read_at = now + timedelta(seconds=int(monotonic() - began))"
_CONFIGS = 'configs, _ = self._list(_JOBS, "", CONFIG_FIELDS, ids)'
_THEN = "\n        "

# What the issue names.
NAMED = {
    "no state check before closing": _of("closing", _STEP, _NO_CHECK, "live_closed"),
    "force on dead-letter": _of("closing", _STEP, _FORCE_ALL, "needless_force"),
    "stuck by the request's age": _of(
        "steps",
        "seen = message.closing_seen_at",
        "seen = message.requested_at",
        "needless_force",
        people=4,
        hanging_jobs=0.5,
    ),
    "explicit requests not spent when the job was reopened": _of(
        "steps",
        "if why := _opened_anew(job, message):",
        "if message.only_if_idle and (why := _opened_anew(job, message)):",
        "live_closed",
        people=3,
    ),
    "failed entries of a batch send ignored": _of(
        "outbox",
        'answer.get("Failed", [])}',
        "() and answer}",
        "lost",
        refused_entries=0.05,
    ),
    "maxReceiveCount 3": _of(
        "template.yaml",
        "maxReceiveCount: 250 # As RequestQueue.",
        "maxReceiveCount: 3",
        "lost",
    ),
    "no parking": _of(
        "closing",
        'self.desk.outbox.park(message, f"{step.reason}: {step.detail}")\n',
        "pass\n",
        "silent",
        failing_jobs=0.5,
        refused_forces=1,
    ),
    "whole-batch failure": _of("batch", _LAST_LINE, _WHOLE, "repeated"),
    "unknown treated as idle": _of(
        "policy",
        "return Verdict(job, Action.KEEP, Reason.UNKNOWN, why)",
        "return Verdict(job, Action.CLOSE, Reason.IDLE_NEVER_FED, why)",
        "live_closed",
        silent_nodes=1,
    ),
    "messages born in observe closed later": _of(
        "desk",
        "return stricter(message.mode, self.mode(fresh=fresh))",
        "return self.mode(fresh=fresh)",
        "forbidden",
        people=8,
        deaths=0.8,
    ),
    "the id not checked against the stats just read": _of(
        "closing",
        "job = self.jobs.get(message.job_id)\n",
        "others = (replace(j, job_id=message.job_id) for j in self.jobs.values())\n"
        "        job = self.jobs.get(message.job_id) or next(others, None)\n",
        "unasked",
        people=12,
        deaths=0.5,
        stubborn_datafeeds=1,
    ),
}

OWN = {
    "protection not looked at in the closers": _of(
        "steps",
        "Reason.MANAGED, Reason.KEPT_BY_OWNER}",
        "Reason.MANAGED}",
        "live_closed",
    ),
    "limit dropped on retry": _of(
        "limits",
        "(*closable, *watched, *closed), asked, rules",
        "closable, now, rules",
        "too_many",
        jobs=200,
        double_firings=1,
    ),
    "configurations read before the states": _of(
        "cluster",
        _STATES + _THEN + _READ_AT + _THEN + _CONFIGS,
        _CONFIGS + _THEN + _STATES + _THEN + _READ_AT,
        "too_many",
        jobs=200,
        double_firings=1,
        # A Sweeper that stands still between its reads: closings end meanwhile.
        stalls=0.3,
    ),
    "breaker of an outage dropped": _of(
        "closing", "if self.away:", "if self.away and not self:", "false"
    ),
    "records deleted while waiting": _of(
        "batch",
        "round(error.after.total_seconds())\n",
        "0\n            return self.success_handler(record, None)\n",
        "lost",
    ),
    "a datafeed's 409 taken for evidence unmeasured": _of(
        "following",
        "DatafeedWouldNotStop) and measured",
        "DatafeedWouldNotStop)",
        "needless_force",
    ),
    "closers do not look whether a job is idle": _of(
        "steps",
        "if not explicit and verdict.action is not Action.CLOSE:",
        "if False:",
        "live_closed",
    ),
    "every hand-over stamped as a long closing": _of(
        "closing",
        "seen = self.now if step.closing_seen else message.closing_seen_at",
        "seen = self.now",
        "needless_force",
        hanging_jobs=1,
        people=3,
        windows=4,
    ),
    "expired requests stay explicit": _of(
        "steps",
        "return not message.only_if_idle and not expired",
        "return not message.only_if_idle or (expired and False)",
        "live_closed",
        people=3,
    ),
    "what was read long ago is acted on": _of(
        "posting",
        "if left < self.fresh_until:",
        "if False:",
        "unchecked",
        stalls=0.05,
    ),
    "no fresh mode before a force": _of(
        "closing",
        "fresh=isinstance(step, Force)",
        "fresh=False",
        "forbidden",
        jobs=100,
        failing_jobs=0.5,
        people=5,
    ),
    "an order to force taken for a whole group": _of(
        "wishes",
        "force=request.force and request.job_id == job.job_id and not only_if_idle",
        "force=request.force and not only_if_idle",
        "needless_force",
        people=8,
    ),
    "a repeated look tells another end": _of(
        "steps",
        "message.kind is Kind.CLOSE and job.closed_since(message.requested_at)",
        "False",
        "contradicting",
        deaths=0.3,
    ),
}
MUTANTS: Mapping[str, Mutant] = NAMED | OWN
