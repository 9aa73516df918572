"""Mutants of the next step: when to wait, to close, to force and to give up."""

from dataclasses import replace
from typing import Any

from mutants.breaking import ours
from mutants.changes import Constant, NoBranch, Without, Wrong
from mutants.mutant import Mutant, mutant


def _measured(right: Any, step: Any, *rest: Any) -> Any:
    gentle = isinstance(step, ours.steps.step.Close)
    return right(replace(step, measured=True) if gentle else step, *rest)


def _force_unproved(right: Any, step: Any, *rest: Any) -> Any:
    if isinstance(step, ours.steps.step.Force):
        return ours.steps.step.End(
            ours.messages.outcome.Ended.FORCE_CLOSED, step.evidence
        )
    return right(step, *rest)


STEPPING: dict[str, Mutant] = {
    "a closing is stuck by the request's age": mutant(
        "steps.next_step",
        Wrong(
            "_closing",
            lambda right, job, message, *rest: right(
                job, replace(message, closing_seen_at=message.requested_at), *rest
            ),
        ),
        "steps/next_step",
        "needless_force",
        people=4,
        hanging_jobs=0.5,
    ),
    "a request outlives a re-opening": mutant(
        "steps.next_step",
        Wrong(
            "_opened_anew",
            lambda right, job, message, *rest: (
                right(job, message, *rest) if message.only_if_idle else None
            ),
        ),
        "steps/next_step",
        "live_closed",
        people=3,
    ),
    "the closers ignore protection": mutant(
        "steps.next_step",
        Without("_NEVER", "KEPT_BY_OWNER"),
        "steps/next_step",
        "live_closed",
    ),
    "any 409 of a datafeed is evidence": mutant(
        "steps.after_post", Wrong("after_answer", _measured), "steps/next_step"
    ),
    "the closers ignore whether a job is idle": mutant(
        "steps.next_step",
        Wrong("_open", lambda right, *given, **_: right(*given, explicit=True)),
        "steps/next_step",
        "live_closed",
    ),
    "a person's request never expires": mutant(
        "steps.next_step",
        Wrong("is_explicit", lambda _right, message, *_: not message.only_if_idle),
        "steps/next_step",
        "live_closed",
        people=3,
    ),
    "a repeated look tells another end": mutant(
        "steps.next_step",
        Wrong(
            "_found_closed",
            lambda right, job, *rest: right(replace(job, finished=None), *rest),
        ),
        "steps/next_step",
        "contradicting",
        deaths=0.3,
    ),
    "five seconds make a job re-opened": mutant(
        "times",
        Constant("CLOCKS_APART", "timedelta(0)"),
        "steps/next_step",
        "false",
        people=3,
    ),
    "a force ignores the request's timeout": mutant(
        "steps.next_step",
        Wrong(
            "_closing",
            lambda right, job, message, *rest: right(
                job, replace(message, timeout="1s"), *rest
            ),
        ),
        "steps/next_step",
        "needless_force",
        people=4,
        hanging_jobs=0.5,
    ),
    "the stamp of an earlier closing counts": mutant(
        "steps.next_step",
        Wrong(
            "_closing",
            lambda right, job, *rest: right(replace(job, last_data=None), *rest),
        ),
        "steps/next_step",
    ),
    "a long closing is measured by the send time": mutant(
        "steps.next_step",
        Wrong(
            "_closing",
            lambda right, job, message, now, rules: right(
                job, replace(message, requested_at=message.sent_at or now), now, rules
            ),
        ),
        "steps/next_step",
    ),
    "a watch closes a job that was opened again": mutant(
        "steps.next_step",
        Wrong(
            "_open",
            lambda right, verdict, message, *rest, **more: right(
                verdict,
                replace(message, kind=ours.messages.terms.Kind.CLOSE),
                *rest,
                **more,
            ),
        ),
        "steps/next_step",
    ),
    "a watch claims the closing": mutant(
        "steps.next_step",
        Wrong(
            "_found_closed",
            lambda right, job, message, *rest: right(
                job, replace(message, kind=ours.messages.terms.Kind.CLOSE), *rest
            ),
        ),
        "steps/next_step",
        "false",
    ),
    "the Closer forces": mutant(
        "steps.role",
        Wrong(
            "Role.force",
            lambda _right, _self, job, evidence: ours.steps.step.Force(job, evidence),
        ),
        "steps/next_step",
        "needless_force",
        failing_jobs=0.3,
    ),
    "a force needs no proof": mutant(
        "steps.after_post", Wrong("after_success", _force_unproved), "steps/next_step"
    ),
    "a message waits for ever": mutant(
        "steps.deadlines",
        Wrong(
            "wait_or_give_up",
            lambda _right, why, message, now, _rules, **more: (
                ours.steps.deadlines.look_again(why, message, now, **more)
            ),
        ),
        "steps/next_step",
    ),
    "a person's request ends in silence": mutant(
        "steps.deadlines",
        Wrong(
            "give_up",
            lambda _right, _why, detail, _message: ours.steps.step.End(
                ours.messages.outcome.Ended.SKIPPED,
                ours.reasons.Reason.COULD_NOT_CLOSE,
                detail,
            ),
        ),
        "steps/next_step",
    ),
    "the newer mode rules, not the stricter": mutant(
        "messages.terms",
        Wrong("stricter", lambda _right, _one, other: other),
        "messages/close_message",
    ),
    "a job that opens lazily is as old as ever": mutant(
        "steps.next_step",
        NoBranch("_opened_anew", "OPENING"),
        "steps/next_step",
    ),
    "an expired request of a person is dropped": mutant(
        "steps.deadlines",
        Wrong(
            "park_as_expired",
            lambda _right, detail, _rules: ours.steps.step.End(
                ours.messages.outcome.Ended.SKIPPED, ours.reasons.Reason.ACTIVE, detail
            ),
        ),
        "steps/next_step",
    ),
    "an order forces what was opened anew": mutant(
        "steps.next_step", NoBranch("_opened_anew", "OPENED"), "steps/next_step"
    ),
    "an order forces what has just begun to close": mutant(
        "steps.next_step", Constant("ORDER_WAITS", "timedelta(0)"), "steps/next_step"
    ),
    "a bad request is tried again": mutant(
        "steps.after_post", NoBranch("after_answer", "BadRequest"), "steps/next_step"
    ),
}
