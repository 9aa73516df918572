"""Mutants of reading and judging: what is idle, and whose word keeps a job open."""

from dataclasses import replace
from datetime import timedelta

from mutants.breaking import ours
from mutants.changes import NoBranch, NoCondition, Without, Wrong
from mutants.mutant import Mutant, mutant

DECIDING: dict[str, Mutant] = {
    "unknown is taken for idle": mutant(
        "policy.judge",
        Wrong(
            "_unknown",
            lambda right, *given: (
                (verdict := right(*given))
                and replace(
                    verdict,
                    action=ours.policy.verdict.Action.CLOSE,
                    reason=ours.reasons.Reason.IDLE_NEVER_FED,
                )
            ),
        ),
        "policy/judge",
        "live_closed",
        silent_nodes=1,
    ),
    "keep_open_until is ignored": mutant(
        "policy.protection",
        NoBranch("_why_owner_keeps", "keep_open_until"),
        "policy/judge",
        "live_closed",
        people=3,
    ),
    "the owner's never is ignored": mutant(
        "policy.protection",
        NoBranch("_why_owner_keeps", "NEVER"),
        "policy/judge",
        "live_closed",
        people=3,
    ),
    "an owner's setting that cannot be read is none": mutant(
        "policy.owner",
        Wrong(
            "read_owner",
            lambda right, settings: (
                ours.policy.owner.NO_OWNER_SETTINGS
                if right(settings).problem
                else right(settings)
            ),
        ),
        "policy/owner",
        "live_closed",
        people=3,
    ),
    "the group that keeps jobs open is ignored": mutant(
        "policy.protection",
        NoBranch("_why_owner_keeps", "KEEP_GROUP"),
        "policy/judge",
        "live_closed",
    ),
    "keep patterns are ignored": mutant(
        "policy.protection",
        Wrong(
            "_why_owner_keeps",
            lambda right, job, now, rules: right(
                job, now, replace(rules, keep_patterns=())
            ),
        ),
        "policy/judge",
        "live_closed",
        other_rules=1,
    ),
    "one key is enough for a managed job": mutant(
        "policy.protection",
        NoCondition("managed", "managed_jobs_allowed"),
        "policy/judge",
    ),
    "jobs that say managed in an odd way are nobody's": mutant(
        "elastic.job_reader",
        Wrong("_managed", lambda _right, settings: settings == {"managed": True}),
        "elastic/job_reader",
    ),
    "the owner's idle_after is ignored": mutant(
        "policy.idleness",
        Wrong(
            "threshold",
            lambda right, job, rules: right(
                replace(job, owner=replace(job.owner, idle_after=None)), rules
            ),
        ),
        "policy/idleness policy/judge",
        "live_closed",
        people=3,
    ),
    "never-fed jobs ignore the owner's idle_after": mutant(
        "policy.idleness",
        Wrong(
            "quiet_time",
            lambda right, job, now, rules: (
                (quiet := right(job, now, rules))
                and (
                    quiet if quiet.fed else replace(quiet, limit=rules.never_fed_after)
                )
            ),
        ),
        "policy/idleness policy/judge",
    ),
    "a datafeed that never found data is dry too soon": mutant(
        "policy.idleness",
        Wrong(
            "_started",
            lambda right, job, feed, quiet, *rest: right(
                job, feed, replace(quiet, limit=timedelta()), *rest
            ),
        ),
        "policy/idleness policy/judge",
    ),
    "a slow job's rhythm is ignored": mutant(
        "policy.idleness",
        Wrong(
            "threshold",
            lambda right, job, rules: right(
                replace(job, bucket_span=None, datafeed=None), rules
            ),
        ),
        "policy/idleness policy/judge",
    ),
    "notify closes": mutant(
        "policy.idleness",
        NoBranch("_closable", "NOTIFY"),
        "policy/judge",
        "live_closed",
        people=3,
    ),
    "jobs without a datafeed need no switch": mutant(
        "policy.idleness",
        Wrong("_kind", lambda right, *given: (right(*given)[0], True)),
        "policy/judge",
    ),
    "silence is no data to any detector": mutant(
        "policy.detectors", Wrong("silence_is_data", lambda *_: False), "policy/judge"
    ),
    "the grace after an opening is dropped": mutant(
        "policy.judge",
        Without("RULES", "reopen_grace"),
        "policy/judge",
        "live_closed",
        people=3,
    ),
    "a lookback that runs is no activity": mutant(
        "policy.judge", Without("RULES", "_lookback"), "policy/judge"
    ),
    "a forecast that runs is no activity": mutant(
        "policy.judge",
        Without("RULES", "_forecast"),
        "policy/judge",
        "live_closed",
        people=3,
    ),
    "upgrade mode is ignored": mutant(
        "policy.judge", Without("RULES", "_cluster_mode"), "policy/judge"
    ),
    "blocked jobs are judged": mutant(
        "policy.judge", Without("RULES", "_blocked"), "policy/judge"
    ),
    "a failed job is forced whatever its age": mutant(
        "policy.judge", NoBranch("_failed", "failed_after"), "policy/judge"
    ),
    "a failed job with a running datafeed is abandoned": mutant(
        "policy.judge",
        Wrong(
            "_failed",
            lambda right, job, *rest: right(replace(job, datafeed=None), *rest),
        ),
        "policy/judge",
    ),
    "task_failures are ignored": mutant(
        "elastic.reader",
        Wrong(
            "Reader.items",
            lambda right, self, what, suffix, fields, ids: right(
                self, what, suffix, fields.replace("task_failures,", ""), ids
            ),
        ),
        "elastic/cluster",
    ),
    "node_failures are ignored": mutant(
        "elastic.reader",
        Wrong(
            "Reader.items",
            lambda right, self, what, suffix, fields, ids: right(
                self, what, suffix, fields.replace("node_failures,", ""), ids
            ),
        ),
        "elastic/cluster",
    ),
}
