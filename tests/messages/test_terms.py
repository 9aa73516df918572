"""What is asked for travels from RequestQueue to the outcome, whoever carries it."""

import json
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

import pytest

from builders import NOW, RULES, ago, idle_job
from idle_jobs.messages.close_message import parse_message
from idle_jobs.messages.outcome import Ended, outcome_of
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.messages.terms import Kind, Mode, Origin, Terms, readers_of_terms
from idle_jobs.policy.judge import judge
from idle_jobs.reasons import Reason
from idle_jobs.steps.sweep_results import message_of
from idle_jobs.times import rfc3339

SENDER = "AROAIFSXQ7ZK2N4WEXMPL:ann"
# Of each term a value that is not its default. A new term needs one here, and nothing
# else: whatever carries terms carries all of them.
GIVEN: dict[str, Any] = {
    "force": True,
    "timeout": "5m",
    "only_if_idle": False,
    "despite_halt": True,
    "reason": "moved",
    "requested_by": "ann",
    "sent_by": SENDER,
    "request_id": "ann-1",
    "requested_at": ago(hours=1),
    "origin": Origin.SCHEDULE,
    "kind": Kind.WATCH,
    "mode": Mode.OBSERVE,
}
TERMS = {each.name: each for each in fields(Terms)}
FROM_A_PERSON = tuple(readers_of_terms(NOW, internal=False))


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return rfc3339(value) if isinstance(value, datetime) else value


@pytest.mark.parametrize("term", TERMS)
def test_each_term_is_tried_with_a_value_of_its_own(term: str) -> None:
    """A default would be there without having travelled."""
    default = TERMS[term].default

    assert default is MISSING or GIVEN[term] != default


@pytest.mark.parametrize("term", FROM_A_PERSON)
def test_what_a_person_asks_for_travels_to_the_outcome(term: str) -> None:
    """RequestQueue, the Sweeper, CloseQueue, the Closer: each hands all of it on."""
    given = {"request_id": "ann-1", term: plain(GIVEN[term])}
    # An idle job is closed for its reason; what may be halted is only if idle.
    given |= {"only_if_idle": True} if term == "despite_halt" else {}
    body = json.dumps({"job_id": "web"} | given)
    request = parse_request(body, request_id="sqs", sent_at=ago(minutes=2), now=NOW)
    sent = message_of(request, judge(idle_job(), NOW, RULES), "test", NOW, Mode.CLOSE)
    came = parse_message(sent.to_json(), sent_at=ago(minutes=1), now=NOW)
    outcome = outcome_of(came, idle_job(), Ended.SKIPPED, Reason.GONE, "")

    known_as = "request_reason" if term == "reason" else term
    told = outcome.in_plain_values()
    assert plain(GIVEN[term]) == told.get(known_as, False)


@pytest.mark.parametrize("term", TERMS)
def test_what_is_redriven_is_asked_for_on_the_same_terms(term: str) -> None:
    """A close message that goes back to RequestQueue keeps every term."""
    values = GIVEN | {"only_if_idle": False}
    terms = Terms(**values)
    message = parse_message(
        json.dumps(
            {"version": 1, "cluster": "test", "job_id": "web"}
            | {name: plain(value) for name, value in terms.terms.items()}
        ),
        sent_at=ago(minutes=1),
        now=NOW,
    )
    back = parse_request(
        message.to_json(), request_id="x", sent_at=NOW, now=NOW, sent_by=SENDER
    )

    assert getattr(back, term) == getattr(message, term) == values[term]


def test_who_sent_a_request_is_what_sqs_says() -> None:
    """From there it travels to the outcome; whoever redrives it has sent it anew."""
    request = parse_request(
        '{"job_id": "web"}', request_id="x", sent_at=NOW, now=NOW, sent_by=SENDER
    )
    sent = message_of(request, judge(idle_job(), NOW, RULES), "test", NOW, Mode.CLOSE)
    came = parse_message(sent.to_json(), sent_at=NOW, now=NOW)
    outcome = outcome_of(came, idle_job(), Ended.CLOSED, Reason.REQUESTED, "")
    again = parse_request(
        sent.to_json(), request_id="x", sent_at=NOW, now=NOW, sent_by="AIDABOB"
    )

    assert outcome.in_plain_values()["sent_by"] == SENDER
    assert again.sent_by == "AIDABOB"


def test_no_body_says_who_sent_it() -> None:
    """A request that tries is refused; a close message in RequestQueue is not heard."""
    body = {"job_id": "web", "sent_by": SENDER}
    forged = body | {"version": 1, "cluster": "test", "request_id": "x"}
    forged |= {"requested_at": rfc3339(NOW)}
    with pytest.raises(BadBody, match="sent_by: unknown field"):
        parse_request(json.dumps(body), request_id="x", sent_at=NOW, now=NOW)
    read = parse_request(json.dumps(forged), request_id="x", sent_at=NOW, now=NOW)

    assert read.sent_by == ""
