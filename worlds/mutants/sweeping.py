"""Mutants of requests and sweeps: who is meant, how many, and what is written down."""

from dataclasses import replace
from datetime import UTC, datetime

from mutants.breaking import ours
from mutants.changes import Argument, Compares, Swapped, Wrong
from mutants.mutant import Mutant, mutant

NEVER = datetime.max.replace(tzinfo=UTC)

SWEEPING: dict[str, Mutant] = {
    "a sweep that is tried again draws anew": mutant(
        "policy.limits",
        Wrong(
            "limit",
            lambda right, verdicts, events, now, rules, _asked=None: right(
                verdicts, events, now, rules, now
            ),
        ),
        "policy/limits",
        "too_many",
        jobs=200,
        double_firings=1,
    ),
    "nothing halts a sweep": mutant(
        "policy.limits",
        Wrong("_halted", lambda *_: iter(())),
        "policy/limits",
        "held",
        mass_events=1,
    ),
    "a hold never ends": mutant(
        "policy.limits",
        Wrong(
            "_halted",
            lambda right, closable, events, now, rules: right(
                closable, events, now - rules.halt_for, rules
            ),
        ),
        "policy/limits",
        "false",
        mass_events=1,
    ),
    "jobs of an event that were closed make the rest look few": mutant(
        "policy.mass_events",
        Wrong("_closed_while_idle", lambda *_: iter(())),
        "policy/mass_events",
    ),
    "a sweep closes in quiet hours": mutant(
        "policy.limits",
        Wrong("keep_quiet", lambda _right, plan, *_: plan),
        "policy/quiet_hours",
    ),
    "a person's despite_halt is ignored": mutant(
        "steps.sweep_plan",
        Wrong(
            "plan_of",
            lambda right, request, *rest: right(
                replace(request, despite_halt=False), *rest
            ),
        ),
        "test_sweeper.py::test_a_person_closes_what_is_held",
        "false",
        mass_events=1,
    ),
    "all places go to the largest jobs": mutant(
        "policy.limits",
        Wrong(
            "_draw",
            lambda _right, verdicts, _asked, places: {
                v.job.job_id
                for v in sorted(verdicts, key=lambda v: -v.job.memory_bytes)[:places]
            },
        ),
        "policy/limits",
    ),
    "MaxClosesPerRequest is one less": mutant(
        "policy.limits_of_requests",
        Compares("refusal", "max_closes_per_request", ">="),
        "policy/limits_of_requests",
    ),
    "patterns have no daily limit": mutant(
        "policy.limits_of_requests",
        Wrong("_no_room_today", lambda *_: None),
        "policy/limits_of_requests",
    ),
    "a wrong number of jobs is right": mutant(
        "policy.limits_of_requests",
        Wrong("_unexpected", lambda *_: None),
        "policy/limits_of_requests",
        "unexpected",
    ),
    "jobs that were closed since a request are not of its number": mutant(
        "policy.limits_of_requests",
        Wrong(
            "_unexpected",
            lambda right, expected, asked: right(expected, replace(asked, since=NEVER)),
        ),
        "policy/limits_of_requests",
    ),
    "an order to force is taken for a whole group": mutant(
        "steps.sweep_results",
        Wrong(
            "message_of",
            lambda right, request, *rest: replace(
                right(request, *rest),
                force=bool(request.force and not request.only_if_idle),
            ),
        ),
        "steps/sweep_results",
    ),
    "orders force at once whatever the operator allows": mutant(
        "steps.evidence",
        Wrong(
            "order_is_enough",
            lambda right, job, message, rules: right(
                job, message, replace(rules, force_orders="allowed")
            ),
        ),
        "steps/next_step",
        "needless_force",
    ),
    "a message forgets the mode it was born in": mutant(
        "steps.sweep_results",
        Wrong(
            "message_of",
            lambda right, *given: replace(
                right(*given), mode=ours.messages.terms.Mode.CLOSE
            ),
        ),
        "steps/sweep_results",
    ),
    "a message forgets the request's timeout": mutant(
        "steps.sweep_results",
        Wrong(
            "message_of",
            lambda right, *given: replace(right(*given), timeout="30m"),
        ),
        "steps/sweep_results",
    ),
    "a message is as young as its sweep": mutant(
        "steps.sweep_results",
        Wrong(
            "message_of",
            lambda right, request, verdict, cluster, now, mode: replace(
                right(request, verdict, cluster, now, mode), requested_at=now
            ),
        ),
        "steps/sweep_results",
    ),
    "everything may be asked for by a slip": mutant(
        "messages.request",
        Wrong("_check_combinations", lambda *_: None),
        "messages/request",
    ),
    "a redriven message stands for a group": mutant(
        "messages.request",
        Wrong("Request.known_as", lambda _right, _self, job: (job.job_id, *job.groups)),
        "messages/request",
    ),
    "a name that is missing is no refusal": mutant(
        "messages.resolving",
        Wrong("resolve", lambda right, *given: replace(right(*given), refusal=None)),
        "messages/request",
    ),
    "the configurations are read before the states": mutant(
        "elastic.cluster",
        Swapped("Cluster._jobs", "STATS_FIELDS", "CONFIG_FIELDS"),
        "elastic/cluster",
        "too_many",
        jobs=200,
        double_firings=1,
        # A Sweeper that stands still between its reads: closings end meanwhile.
        stalls=0.3,
    ),
    "a job that came back twice is closed once more": mutant(
        "policy.flapping",
        Wrong("flaps", lambda *_: False),
        "policy/flapping",
    ),
    "a job that came back is closed as soon as before": mutant(
        "policy.flapping",
        Wrong("times_quiet", lambda *_: 1),
        "policy/flapping",
    ),
    "what a person closed counts as a sweep's closing": mutant(
        "steps.came_back",
        Wrong("_we_judged_it_idle", lambda _right, item: item["closed_by"] == "us"),
        "steps/came_back",
    ),
    "a sweep gives no notice": mutant(
        "policy.limits",
        Wrong("_early", lambda *_: iter(())),
        "policy/notice",
    ),
    "the closers take any notice for long enough": mutant(
        "steps.announcement",
        Wrong("want_of_notice", lambda *_: ""),
        "steps/announcement",
    ),
    "nobody looks for notice": mutant(
        "policy.notice",
        Wrong("not_yet", lambda *_: ""),
        "policy/notice steps/announcement",
        "unannounced",
        notices=1,
    ),
    "a job that was in use keeps its notice": mutant(
        "policy.notice",
        Wrong(
            "is_announced",
            lambda _right, verdict: verdict.job.announced_at is not None,
        ),
        "policy/notice steps/announcement",
    ),
    "a person waits for notice": mutant(
        "steps.announcement",
        Wrong(
            "want_of_notice",
            lambda right, verdict, message, *rest: right(
                verdict,
                replace(message, origin=ours.messages.terms.Origin.SCHEDULE),
                *rest,
            ),
        ),
        "steps/announcement",
    ),
    "a close names its job as it is": mutant(
        "elastic.cluster",
        Argument("Cluster.close", "quote", "safe", "'%/'"),
        "elastic/cluster",
    ),
}
