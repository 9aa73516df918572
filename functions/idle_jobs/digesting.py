"""Publishes a digest at the end of a sweep, if one is due.

All that the sweep does is done by then: a digest that fails changes nothing of it.
"""

from datetime import datetime

from idle_jobs.ledger import LedgerAway
from idle_jobs.messages.ledger_item import LedgerItem, written_between
from idle_jobs.messages.request import Request
from idle_jobs.messages.terms import Mode
from idle_jobs.services import Services
from idle_jobs.steps.digest import Digest, Swept
from idle_jobs.steps.digest_item import (
    DIGEST,
    SETTLED_AFTER,
    Every,
    claim_of,
    is_due,
    sent_item,
    since_of,
)
from idle_jobs.steps.digest_text import subject_of, text_of
from idle_jobs.steps.worth import SAVES_FOR, gib_hours
from idle_jobs.topic import Topic, Unpublished


def publish_digest(
    request: Request, services: Services, mode: Mode, swept: Swept | None
) -> None:
    """Publish a digest of a scheduled sweep, if one is due; it never raises.

    A later sweep tries again what fails here. In mode `paused` nothing is swept.
    """
    if services.topic is None or not request.is_sweep:
        return
    try:
        _publish(request, services, services.topic, mode, swept)
    except LedgerAway as away:
        services.telemetry.ledger_away("", away)
    except Unpublished as error:
        services.telemetry.digested(str(error))
    except Exception as error:  # noqa: BLE001 - the sweep must not be repeated for it
        services.telemetry.broken(request.request_id, error)


def _publish(
    request: Request,
    services: Services,
    topic: Topic,
    mode: Mode,
    swept: Swept | None,
) -> None:
    ledger, cluster, now = services.ledger, services.cluster_name, services.clock()
    last = ledger.noted(cluster, DIGEST)
    # One a day is enough to say that the mode is `paused`.
    every = topic.every if swept else Every.DAILY
    if not is_due(last, every, request.request_id, now):
        return
    closings = [*ledger.closings(cluster, now - SAVES_FOR)]
    since, until = since_of(last, now), now - SETTLED_AFTER
    digest = Digest(
        cluster,
        mode,
        since,
        until,
        closed=[*written_between(since, until, closings)],
        swept=swept,
        saved=_saved(swept, closings, since, until),
        gib_hour_price=topic.gib_hour_price,
        parked=services.outbox.parked(),
        paused_for=None if swept else services.ask_mode_set().age(now),
    )
    claim = claim_of(cluster, last, since, now)
    if not ledger.note(claim, last):
        return  # Another sweep publishes it.
    topic.publish(subject_of(digest), text_of(digest))
    services.telemetry.digested()
    ledger.note(sent_item(claim, request.request_id, until, now), claim)


def _saved(
    swept: Swept | None, closings: list[LedgerItem], since: datetime, until: datetime
) -> float | None:
    if swept is None:
        return None
    jobs = (verdict.job for verdict in swept.verdicts)
    return gib_hours(jobs, closings, since, until)
