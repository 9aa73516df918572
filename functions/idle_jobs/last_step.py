"""Carries out the last step of a look at a message: wait, hand over, park or end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from idle_jobs.batch import NotFinished, while_away
from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.close_message import CloseMessage
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.records import Record
from idle_jobs.outbox import SendRefused
from idle_jobs.reasons import Reason
from idle_jobs.reporting import report_end
from idle_jobs.services import Services
from idle_jobs.steps.step import Decision, End, HandOver, Park, Wait


class PutBack(Exception):
    """Raised to replace a record by its message, which a post has changed."""

    def __init__(self, message: CloseMessage, after: timedelta) -> None:
        super().__init__(f"next look in {after}")
        self.message, self.after = message, after


def carry_out(
    step: Wait | HandOver | Park | End,
    decision: Decision,
    services: Services,
    now: datetime,
    *,
    changed: bool,
) -> None:
    """Carry out a step that is no post.

    NotFinished leaves the record in its queue; PutBack is for `put_back`. `now` is when
    the jobs were read. `changed` tells whether a post marked the message.
    """
    match step:
        case Wait():
            _wait(step, decision.message, services, changed=changed)
        case HandOver():
            _hand_over(step, decision.message, services, now)
        case Park():
            end = End(Ended.PARKED, step.reason, step.detail)
            services.outbox.park(decision.message, f"{step.reason}: {step.detail}")
            _end(end, decision, services, now, changed=False)
        case End():
            _end(step, decision, services, now, changed=changed)
        case _:
            assert_never(step)


def _wait(
    step: Wait, message: CloseMessage, services: Services, *, changed: bool
) -> None:
    """Leave the record in its queue, or replace it if its message has changed.

    This happens after a post of the Closer that sets `posted_at` or `taken_at`: twice
    at most for each message.
    """
    seconds = step.after.total_seconds()
    if step.why is not Reason.MANY_CLOSING:  # The batch reports these in one line.
        services.telemetry.waiting(message, step.why, seconds)
    if changed and not services.role.may_force:
        raise PutBack(message, step.after)
    raise NotFinished(step.after)


def put_back(
    kept: Sequence[tuple[Record, Exception]], services: Services
) -> list[tuple[Record, Exception]]:
    """Send the changed messages to their queue again; return the records that stay.

    SQS cannot change a body. So the old record is finished once its changed message is
    sent. The record of a message that SQS refuses stays.
    """
    changed = [(record, why) for record, why in kept if isinstance(why, PutBack)]
    stay = [each for each in kept if not isinstance(each[1], PutBack)]
    back = [(why.message, round(why.after.total_seconds())) for _, why in changed]
    try:
        services.outbox.put_back(back)
    except SendRefused as refused:
        stay += [(changed[place][0], refused) for place in refused.places]
    except Exception as error:  # noqa: BLE001 - `keep` reports it
        stay += [(record, error) for record, _ in changed]
    return stay


def _hand_over(
    step: HandOver, message: CloseMessage, services: Services, now: datetime
) -> None:
    seen = now if step.closing_seen else message.closing_seen_at
    services.outbox.hand_over([replace(message, closing_seen_at=seen)], now)
    services.telemetry.sent(message, "ForceQueue", step.why)


def _end(
    step: End, decision: Decision, services: Services, now: datetime, *, changed: bool
) -> None:
    try:
        report_end(step, decision, services)
    except LedgerAway:
        age = now - (decision.message.sent_at or now)
        wait = Wait(while_away(age), Reason.LEDGER_AWAY)
        _wait(wait, decision.message, services, changed=changed)
