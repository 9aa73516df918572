"""The plan of a sweep as a document: what it would do with each job, and why; pure.

`schemas/plan.json` describes it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idle_jobs.messages.request import sweep_request
from idle_jobs.policy.ignored import without_effect
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.limits import Plan, Read
from idle_jobs.policy.rules import Rules
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.attribution import next_close
from idle_jobs.steps.sweep_plan import plan_of
from idle_jobs.summary import listed
from idle_jobs.times import rfc3339, spoken
from idle_jobs_cli.cluster.around import NOTHING_AROUND, Around
from idle_jobs_cli.explaining.elastic_apps import look_alike
from idle_jobs_cli.planning.nodes import Node, nodes_of

SCHEMA = "urn:idle-job-closer:schema:plan:1"

# What is done first, stands first.
ORDER = (Action.CLOSE, Action.FORCE, Action.WATCH, Action.REPORT, Action.KEEP)

# The fields of a job, those of the Sweeper's own answer among them.
JOB_FIELDS = (
    *("job_id", "state", "action", "reason", "sweep", "hold_reason", "memory_bytes"),
    *("idle_since", "owner", "groups", "may_belong_to", "elasticsearch_closes"),
    *("detail", "hold_detail"),
)
_EMPTY = {**dict.fromkeys(JOB_FIELDS, ""), "memory_bytes": 0}

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """The verdicts of one sweep, and which of the jobs it would send or hold back.

    `closed_anyway` has when the nightly run begins in which Elasticsearch's own closer
    would close a job, by its id.
    """

    verdicts: Sequence[Verdict]
    plan: Plan
    ignored: Sequence[str]
    around: Around = NOTHING_AROUND
    nodes: Sequence[Node] = ()
    closed_anyway: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def shown(self) -> list[Verdict]:
        """Return the jobs that are not closed, in the order of what is done."""
        shown = [v for v in self.verdicts if v.reason is not Reason.ALREADY_CLOSED]
        return sorted(shown, key=lambda v: (ORDER.index(v.action), v.job.job_id))


def planned(
    jobs: Sequence[Job], now: datetime, rules: Rules, around: Around = NOTHING_AROUND
) -> Planned:
    """Judge and limit as a sweep would do now, by its own code."""
    verdicts = [judge(job, now, rules) for job in jobs]
    plan = plan_of(sweep_request("plan", now), verdicts, Read(jobs), now, rules)
    return Planned(
        verdicts,
        plan,
        tuple(without_effect(jobs, rules)),
        around,
        nodes_of(around.memory, verdicts),
        {
            job.job_id: night
            for job in jobs
            if (night := next_close(job, around.idle_closer, now))
        },
    )


def document_of(
    planned: Planned, now: datetime, cluster: Entry, settings: Mapping[str, str]
) -> dict[str, Any]:
    """Return the plan as a document of plain values."""
    plan, timeout = planned.plan, planned.around.idle_closer
    halts = dict.fromkeys(str(each.event) for each in plan.held if each.event)
    return {
        "schema": SCHEMA,
        "planned_at": rfc3339(now.replace(microsecond=0)),
        "cluster": {**cluster, **({"idle_closer": spoken(timeout)} if timeout else {})},
        "settings": dict(settings),
        "summary": {
            "closed": sum(v.job.state is State.CLOSED for v in planned.verdicts),
            "not_closed": sum(
                v.job.state is not State.CLOSED for v in planned.verdicts
            ),
            "send": len(plan.send),
            "held": len(plan.held),
            "would_free_bytes": would_free(plan.send),
            "reasons": dict(Counter(str(v.reason) for v in planned.verdicts)),
        },
        "halts": list(halts),
        "ignored": list(planned.ignored),
        "nodes": [node.fields() for node in planned.nodes],
        "jobs": entries(planned),
    }


def entries(planned: Planned) -> list[dict[str, Any]]:
    """Return one entry for each job that is not closed, with all of `JOB_FIELDS`."""
    shown, anyway = planned.shown, planned.closed_anyway
    return [
        {
            **_EMPTY,
            **fields,
            "state": str(verdict.job.state or "unknown"),
            "groups": list(verdict.job.groups),
            "may_belong_to": look_alike(verdict.job),
            "elasticsearch_closes": (
                rfc3339(anyway[job_id])
                if (job_id := verdict.job.job_id) in anyway
                else ""
            ),
        }
        for verdict, fields in zip(shown, listed(shown, planned.plan), strict=True)
    ]


def sweep_in_words(entry: Entry) -> str:
    """Return what the sweep does with the job of an entry, and why it is held back."""
    held = f": {entry['hold_reason']}" if entry["hold_reason"] else ""
    return f"{entry['sweep']}{held}"


def detail_in_words(entry: Entry) -> str:
    """Return the detail of an entry, and whose its job may be."""
    apps = entry["may_belong_to"]
    doubt = f"; may belong to an Elastic app: {apps}" if apps else ""
    return f"{entry['detail']}{doubt}"


def would_free(verdicts: Sequence[Verdict]) -> int:
    """Return the bytes of ML memory that closing these jobs would free."""
    # A failed job holds no memory, and a watched job is closed by somebody else.
    return sum(v.job.memory_bytes for v in verdicts if v.action is Action.CLOSE)
