"""Mutants of a look: what both closers do with a batch, and how they post."""

from dataclasses import replace
from typing import Any

from mutants.breaking import ours
from mutants.changes import Argument, Constant, NoBranch, NoStep, Swapped, Wrong
from mutants.mutant import Mutant, mutant


def _whole_batch(right: Any, event: Any, *rest: Any) -> Any:
    response = right(event, *rest)
    if not response["batchItemFailures"]:
        return response
    ids = [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
    return {"batchItemFailures": ids}


def _done_while_waiting(right: Any, kept: Any, *rest: Any) -> Any:
    waits = ours.batch.NotFinished
    return right([each for each in kept if not isinstance(each[1], waits)], *rest)


def _unchecked(right: Any, self: Any, job: Any, message: Any) -> Any:
    if job and not self.services.role.may_force:
        return ours.steps.step.Close(job, message.timeout)
    return right(self, job, message)


def _force_all(right: Any, self: Any, job: Any, message: Any) -> Any:
    if job and self.services.role.may_force:
        return ours.steps.step.Force(job, ours.reasons.Reason.FORCE_ORDERED)
    return right(self, job, message)


def _any_job(right: Any, self: Any, job: Any, message: Any) -> Any:
    others = (replace(j, job_id=message.job_id) for j in self.jobs.values())
    return right(self, job or next(others, None), message)


def _unproved(_right: Any, _self: Any, posted: Any, _jobs: Any) -> Any:
    why = ours.steps.next_step.why_closed(posted.message)
    end = ours.steps.step.End(ours.messages.outcome.Ended.CLOSED, why)
    return ours.steps.step.Decision(end, posted.message, posted.step.job)


def _told_all_the_same(
    right: Any, step: Any, decision: Any, services: Any, now: Any, **more: Any
) -> Any:
    try:
        return right(step, decision, services, now, **more)
    except ours.batch.NotFinished:
        message, job = decision.message, decision.job
        outcome = ours.messages.outcome.outcome_of(
            message, job, step.ended, step.reason, step.detail
        )
        return services.telemetry.outcome(outcome)


def _no_look_after(_right: Any, step: Any, *_: Any) -> Any:
    ended, why = ours.messages.outcome.Ended.SKIPPED, ours.reasons.Reason.OBSERVED
    return ours.steps.step.End(ended, why, f"would {step}")


CLOSING: dict[str, Mutant] = {
    "an item of ours is replaced": mutant(
        "ledger",
        Constant("CONDITION", '"attribute_exists(closed) OR closed_by <> :weak"'),
        "ledger",
    ),
    "whoever finds a job closed says that somebody else did it": mutant(
        "messages.records",
        Wrong("_read", lambda right, record: replace(right(record), first=True)),
        "test_ledger_authors.py::test_only_the_first_look_knows_that_nothing_was_posted",
        "untrue_item",
        deaths=0.2,
    ),
    "a closing is ours whenever it ends": mutant(
        "messages.ledger_item",
        Wrong(
            "item_of",
            lambda right, outcome, message, *other: (
                right(outcome, message, *other)
                | ({"closed_by": "us"} if message.taken_at else {})
            ),
        ),
        "ledger",
    ),
    "an end is told though the ledger is away": mutant(
        "last_step", Wrong("_end", _told_all_the_same), "ledger", "unwritten"
    ),
    "what waited is closed in quiet hours": mutant(
        "services",
        Wrong("Services.quiet_until", lambda *_: None),
        "test_quiet_hours.py::test_a_message_that_waited_into_quiet_hours_is_over",
    ),
    "a time that a message brings along is evidence": mutant(
        "messages.close_message",
        Wrong("CloseMessage.not_before", lambda _right, message, _came: message),
        "looks",
    ),
    "no state is looked at before a close": mutant(
        "closing", Wrong("_Batch._first_step", _unchecked), "looks", "live_closed"
    ),
    "whatever is dead-lettered is forced": mutant(
        "closing", Wrong("_Batch._first_step", _force_all), "looks", "needless_force"
    ),
    "any job that was read is taken for the message's": mutant(
        "closing",
        Wrong("_Batch._first_step", _any_job),
        "looks",
        "unasked",
        people=12,
        deaths=0.5,
        stubborn_datafeeds=1,
    ),
    "a cluster that cannot be read stops nothing": mutant(
        "closing", NoBranch("_Batch._first_step", "read_error"), "looks", "false"
    ),
    "a message of another cluster is taken": mutant(
        "closing",
        NoBranch("_Batch._first_step", "cluster_name"),
        "looks",
        "unasked",
        people=3,
    ),
    "nothing is parked": mutant(
        "last_step",
        NoStep("carry_out", "park"),
        "looks",
        "silent",
        failing_jobs=0.5,
        refused_forces=1,
    ),
    "parked is told before it is parked": mutant(
        "last_step",
        Swapped("carry_out", "park", "_end"),
        "looks",
        "silent",
        deaths=0.3,
    ),
    "no look hears of a pause in the middle of its batch": mutant(
        "closing",
        NoBranch("_Batch._allowed", "PAUSED"),
        "looks",
    ),
    "a force trusts a mode that was read before": mutant(
        "closing",
        Argument("_Batch._allowed", "mode_for", "fresh", "False"),
        "looks",
        "forbidden",
        jobs=100,
        failing_jobs=0.5,
        people=5,
    ),
    "a message forgets that it was born observing": mutant(
        "services",
        Wrong(
            "Services.mode_for", lambda _right, self, _message, **how: self.mode(**how)
        ),
        "looks",
        "forbidden",
        people=8,
        deaths=0.8,
    ),
    "observing drops what it has begun": mutant(
        "steps.observing",
        Wrong("in_observe", _no_look_after),
        "looks",
    ),
    "what has posted forgets that it did": mutant(
        "closing",
        Argument("_Batch._look", "carry_out", "changed", "False"),
        "looks",
    ),
    "what has posted goes back at each look": mutant(
        "last_step",
        Argument("carry_out", "_wait", "changed", "True"),
        "looks",
    ),
    "what goes back is young again": mutant(
        "messages.close_message",
        Wrong("CloseMessage.to_json", lambda right, self, **_: right(self)),
        "looks",
    ),
    "what began nothing counts as a close that did": mutant(
        "steps.after_post", NoBranch("stamped", "NotReached"), "close_call"
    ),
    "every message that is handed over was seen closing": mutant(
        "last_step",
        Wrong(
            "_hand_over",
            lambda right, step, *rest: right(replace(step, closing_seen=True), *rest),
        ),
        "",
        "needless_force",
        hanging_jobs=1,
        people=3,
        windows=4,
    ),
    "one record that stays keeps its whole batch": mutant(
        "closing", Wrong("close_batch", _whole_batch), "looks", "repeated"
    ),
    "what waits is deleted": mutant(
        "batch", Wrong("keep", _done_while_waiting), "batch", "lost"
    ),
    "work is begun in the last seconds": mutant(
        "closing",
        NoBranch("_Batch._look", "nearly_over"),
        "looks",
    ),
    "what was read long ago is acted on": mutant(
        "close_call",
        NoBranch("CloseCalls._call", "_fresh_for"),
        "close_call",
        "unchecked",
        stalls=0.05,
    ),
    "a refusal stops no further post": mutant(
        "close_call",
        NoBranch("CloseCalls._call", "refused"),
        "close_call",
    ),
    "a close needs no proof": mutant(
        "close_call", Wrong("CloseCalls.after", _unproved), "close_call", "false"
    ),
    "an old message ends though its close was issued": mutant(
        "close_call",
        Wrong("_closes", lambda *_: False),
        "close_call",
    ),
}
