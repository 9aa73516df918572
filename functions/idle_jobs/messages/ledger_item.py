"""An item of the ledger: one closing of a job, and what we know of it; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.reasons import Reason
from idle_jobs.times import moment, rfc3339

LedgerItem = Mapping[str, str | int | bool]

# Who closed the job: we, by a close that Elasticsearch took from us, or nobody knows.
# It does not say itself. A close whose answer was lost, or came from a proxy, may not
# have arrived, and then it was somebody else.
US, UNKNOWN = "us", "unknown"

# It was not us, as far as one message knows, and perhaps Elasticsearch's own closer.
ELASTICSEARCH, SOMEBODY_ELSE = "elasticsearch", "somebody_else"

# An item takes the place of one with an author that is further back: another message
# for the same job may know more.
AUTHORS = (US, UNKNOWN, ELASTICSEARCH, SOMEBODY_ELSE)


def item_of(
    outcome: Outcome, message: CloseMessage, other: str = UNKNOWN
) -> LedgerItem:
    """Return the item for a closing: its outcome, and more; no field is empty.

    `other` is who closed the job if it was not us.
    The table's key is `cluster` and `closed`, the time and the job of the closing, so
    that a range of `closed` is a span of time. A job that has no finish time, such as a
    task without a configuration, has the time of its request there. `state_before`,
    `datafeed_before` and `open_start` are what the Sweeper saw.
    """
    seen, at = message.evidence or Evidence(), outcome.finished or message.requested_at
    # Elasticsearch waits no longer for a close. What ended later may be another one's.
    latest = message.taken_at and message.taken_at + message.close_timeout
    more = {
        "cluster": message.cluster,
        "closed": f"{rfc3339(at)} {message.job_id}",
        "closed_by": US if latest and at <= latest else other,
        "state_before": seen.state,
        "datafeed_before": seen.datafeed_state,
        "open_start": rfc3339(seen.open_start) if seen.open_start else "",
    }
    known = {name: value for name, value in more.items() if value}
    return outcome.in_plain_values() | known


def closed_at(item: LedgerItem) -> datetime:
    """Return the time of a closing; of its request, if the job has no finish time."""
    return moment(str(item["closed"]).partition(" ")[0])


def as_first_told(outcome: Outcome, there: LedgerItem | None) -> Outcome:
    """Return the outcome that a request was given first, if `there` is its item.

    A function may force a job, write the item, and die before its message is deleted.
    The next look finds the job closed, and no longer knows that it was forced.
    """
    if not there or there.get("request_id") != outcome.terms.request_id:
        return outcome
    ended, reason = Ended(str(there["ended"])), Reason(str(there["reason"]))
    return replace(outcome, ended=ended, reason=reason)


def written_between(
    since: datetime, until: datetime, items: Iterable[LedgerItem]
) -> Iterator[LedgerItem]:
    """Yield the items that were written after `since`, and until `until`.

    An item is written when a closing is seen, which may be long after it: at the next
    look, or when the ledger is back.
    """
    for item in items:
        if since < moment(item["written_at"]) <= until:
            yield item
