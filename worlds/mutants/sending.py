"""Mutants of what is sent and signed, and of how the cluster's answers are taken."""

from typing import Any

from mutants.breaking import ours
from mutants.changes import (
    Constant,
    NoBranch,
    NoStep,
    Receives,
    Wrong,
)
from mutants.mutant import Mutant, mutant


def _forgetting(right: Any, *given: Any) -> None:
    try:
        right(*given)
    except ours.outbox.SendRefused:
        return


def _strangers_error(right: Any, status: int, answer: Any) -> Any:
    said = (answer or {}).get("message", "")
    return right(status, answer) or ours.elastic.causes.ElasticError(
        "proxy" * bool(said), said
    )


def _twice(right: Any, *given: Any) -> None:
    right(*given)
    right(*given)


SENDING: dict[str, Mutant] = {
    "refused entries of a batch are forgotten": mutant(
        "outbox",
        Wrong("Outbox._send_once", lambda right, *given: right(*given)[:0]),
        "outbox",
        "lost",
        refused_entries=0.05,
    ),
    "an entry that is refused twice is no error": mutant(
        "outbox", Wrong("Outbox._send", _forgetting), "outbox"
    ),
    "a message is parked twice": mutant(
        "outbox",
        Wrong("Outbox.park", _twice),
        "outbox",
    ),
    "a message that is handed over has no stamp": mutant(
        "outbox",
        Wrong(
            "Outbox.hand_over",
            lambda _right, self, messages, _now: self._send(
                self.force_queue, [message.to_json() for message in messages]
            ),
        ),
        "outbox",
    ),
    "ForceQueue gives a message up after three receives": mutant(
        "template", Receives("ForceQueue", 3), "", "lost"
    ),
    "a secret is kept for a day": mutant(
        "elastic.credential", Constant("SECRET_MAX_AGE", "86_400"), "elastic/signing"
    ),
    "credentials are never read anew": mutant(
        "elastic.transport",
        NoBranch("Wire.call", "stale"),
        "elastic/cluster",
    ),
    "a rotated secret is not read anew": mutant(
        "elastic.signing",
        NoStep("Direct.refresh", "refresh"),
        "elastic/signing",
    ),
    "a proxy's 409 is evidence": mutant(
        "elastic.causes",
        Wrong("elastic_error_of", _strangers_error),
        "elastic/answers",
    ),
    "a proxy's 404 means that a job is gone": mutant(
        "elastic.answers",
        Wrong("_missing", lambda _right, _words, detail: ours.errors.Gone(detail)),
        "elastic/answers",
    ),
    "a throttled cluster is one that refuses": mutant(
        "elastic.answers",
        Wrong("_throttled", lambda _right, _words, told: ours.errors.Refused(told)),
        "elastic/answers",
    ),
    "a failed job's 409 says nothing": mutant(
        "elastic.answers", NoBranch("_conflict", "use force close"), "elastic/answers"
    ),
    "ten thousand jobs are all there are": mutant(
        "elastic.lists", NoBranch("items_of", "MOST_JOBS"), "elastic/lists"
    ),
    "a request line may be too long": mutant(
        "elastic.lists", Constant("LONGEST_IDS", "25_000"), "elastic/cluster"
    ),
}
