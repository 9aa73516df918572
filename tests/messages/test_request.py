"""Requests: what is taken, what is refused by name, and which jobs they mean."""

import json
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any

import pytest

from builders import NOW, ago, idle_job, persons_message, sweeps_message
from idle_jobs.messages.close_message import NewerVersion, parse_message
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request, parse_request
from idle_jobs.messages.resolving import resolve
from idle_jobs.messages.terms import Kind, Mode, Origin
from idle_jobs.policy.job import Job
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from idle_jobs.steps.sweep_results import message_of

SENT = ago(minutes=2)


def parse(body: str) -> Request:
    """Read a body as the Sweeper does."""
    return parse_request(body, request_id="sqs-1", sent_at=SENT, now=NOW)


def asked(job_id: object, **fields: object) -> Request:
    """Read a request for these jobs, written as JSON."""
    return parse(json.dumps({"job_id": job_id} | fields))


def test_a_bare_request_is_for_one_job() -> None:
    """Only the job must be named; the rest is as the close API has it."""
    assert Request(
        job_id="web", request_id="sqs-1", requested_at=SENT, sent_at=SENT
    ) == asked("web")


WORDS = {
    "job_id": "shop-*",
    "allow_no_match": False,
    "force": True,
    "timeout": "5m",
    "only_if_idle": False,
    "reason": "moved",
    "requested_by": "ann",
    "request_id": "ann-1",
    "requested_at": "2026-11-23T11:00:00Z",
}


def test_every_word_of_a_request_is_read() -> None:
    """A request speaks the close API's own words, and says who asks and why."""
    expected = Request(
        job_id="shop-*",
        request_id="ann-1",
        requested_at=ago(hours=1),
        sent_at=SENT,
        allow_no_match=False,
        force=True,
        timeout="5m",
        only_if_idle=False,
        reason="moved",
        requested_by="ann",
    )

    assert expected == parse(json.dumps(WORDS))


EXPRESSIONS = {
    "an id": ("web", "web"),
    "blanks around an id": ("  web ", "web"),
    "a line end after an id": ("web\n", "web"),
    "a list": ("web,shop", "web,shop"),
    "a list with blanks and gaps": (" web, ,shop ,", "web,shop"),
    "a wildcard": ("web-*", "web-*"),
    "a wildcard in the middle": ("web-*-prod", "web-*-prod"),
    "every job": ("*", "*"),
    "every job, in words": ("_all", "_all"),
    "an id of 64": ("x" * 64, "x" * 64),
}


@pytest.mark.parametrize(("written", "expected"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions_are_tidied(written: str, expected: str) -> None:
    """Pieces are trimmed and empty ones dropped, as Elasticsearch does it."""
    assert expected == asked(written, only_if_idle=True).job_id


REFUSED_IDS: dict[str, object] = {
    "empty": "",
    "a blank": " ",
    "blanks of other kinds": "\t\n\u3000",
    "commas only": ", ,",
    "65 characters": "x" * 65,
    "capitals": "Web",
    "a path": "web/_close",
    "a path, encoded": "web%2F_close",
    "a way up": "..",
    "a way up, further": "../../_cluster",
    "a hidden file": ".ml-config",
    "a dash at its end": "web-",
    "a line end inside": "web\nshop",
    "an end of text inside": "web\u0000shop",
    "a question mark": "we?",
    "a query": "web?force=true",
    "a letter of another script": "wéb",
    "a letter that looks like one": "w\u0435b",
    "every job among others": "web,_all",
    "a wrong one among others": "web,Shop",
    "null": None,
    "a number": 7,
    "a list": ["web"],
    "an object": {"id": "web"},
    "true": True,
}


@pytest.mark.parametrize("job_id", REFUSED_IDS.values(), ids=REFUSED_IDS)
def test_what_is_no_expression_is_refused(job_id: object) -> None:
    """Nothing comes near a URL but what can be an id, a group or a wildcard."""
    with pytest.raises(
        BadBody, match=r"^job_id: expected a job id, a group"
    ) as refused:
        asked(job_id, only_if_idle=True)

    assert Reason.BAD_REQUEST is refused.value.reason
    assert len(str(refused.value)) < 300


def test_a_blank_id_is_refused_with_its_danger() -> None:
    """Most servers take a blank id for every job, and whoever wrote it should know."""
    with pytest.raises(BadBody, match="a blank one, which many clusters read as all"):
        asked(" ")


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "an old word": (
        {"allow_no_jobs": True},
        "allow_no_jobs: unknown field, expected one of job_id, allow_no_match",
    ),
    "a word in capitals": ({"Force": True}, "Force: unknown field"),
    "no word": ({"": 1}, "'': unknown field"),
    "a word that no log can hold": ({"a\ud800\x00": 1}, "a??: unknown field"),
    "force in words": ({"force": "true"}, "force: expected true or false, got 'true'"),
    "no match as a number": ({"allow_no_match": 0}, "allow_no_match: expected true or"),
    "idleness as null": ({"only_if_idle": None}, "only_if_idle: expected true or"),
    "a timeout without a unit": ({"timeout": "30"}, "timeout: expected a time value"),
    "a timeout as a number": ({"timeout": 30}, "timeout: expected a time value"),
    "a timeout of years (R14)": (
        {"timeout": "1000d"},
        "timeout: expected at most 24h, got '1000d'",
    ),
    "a timeout a second too long (R14)": (
        {"timeout": "86401s"},
        "timeout: expected at most 24h, got '86401s'",
    ),
    "a timeout beyond the calendar (R14)": (
        {"timeout": "999999999999d"},
        "timeout: expected at most 24h, got '999999999999d'",
    ),
    "a reason of two lines": ({"reason": "a\nb"}, "reason: expected up to 256 print"),
    "a reason as a number": ({"reason": 1}, "reason: expected up to 256 printable"),
    "asked by a list": ({"requested_by": []}, "requested_by: expected up to 256"),
    "no id of its own": ({"request_id": ""}, "request_id: expected 1 to 256"),
    "an id of a kilobyte": ({"request_id": "x" * 1024}, "request_id: expected up to"),
    "asked for tomorrow": (
        {"requested_at": "2026-11-24T12:00:00Z"},
        "requested_at: expected a time that has passed",
    ),
    "asked without an offset": (
        {"requested_at": "2026-11-23T11:00:00"},
        "requested_at: expected an RFC 3339 time with an offset",
    ),
}


@pytest.mark.parametrize(("fields", "why"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_is_named(fields: dict[str, Any], why: str) -> None:
    """Unknown fields and wrong types are refused by name."""
    with pytest.raises(BadBody, match="expected") as refused:
        asked("web", **fields)

    assert why == str(refused.value)[: len(why)]
    assert Reason.BAD_REQUEST is refused.value.reason


def test_a_request_without_a_job_is_refused() -> None:
    """An empty request is for no job at all, and never for all of them."""
    with pytest.raises(BadBody, match=r"^job_id: expected in every request, but miss"):
        parse("{}")


@pytest.mark.parametrize("body", ["", "web", "[]"], ids=["nothing", "words", "a list"])
def test_a_body_that_is_no_object_is_unreadable(body: str) -> None:
    """What is not JSON, or not an object, is no request."""
    with pytest.raises(BadBody, match=r"^body: expected a JSON object") as refused:
        parse(body)

    assert Reason.UNREADABLE is refused.value.reason


MUST_SAY: dict[str, tuple[str, dict[str, object], str]] = {
    "a list": ("web,shop", {}, "expected true or false for lists and wildcards"),
    "a wildcard": ("web-*", {}, "expected true or false for lists and wildcards"),
    "every job": ("*", {}, "expected true for an expression that matches every job"),
    "every job, in words": ("_all", {}, "expected true for an expression"),
    "every job, busy ones too": ("*", {"only_if_idle": False}, "expected true for an"),
    "every job, in words, busy ones too": (
        "_all",
        {"only_if_idle": False},
        "expected true for an expression",
    ),
    "every job, with two stars": ("**", {"only_if_idle": False}, "expected true for"),
    "every job among others": (
        "web,*",
        {"only_if_idle": False},
        "expected true for an expression",
    ),
}


@pytest.mark.parametrize(("job_id", "fields", "why"), MUST_SAY.values(), ids=MUST_SAY)
def test_many_jobs_must_say_whether_only_idle_ones(
    job_id: str, fields: dict[str, Any], why: str
) -> None:
    """A request for many says whether it means busy ones; one for all may not."""
    with pytest.raises(BadBody, match=f"^only_if_idle: {why}") as refused:
        asked(job_id, **fields)

    assert Reason.ONLY_IF_IDLE_REQUIRED is refused.value.reason


SAID = {
    "one id, silently": ("web", None),
    "one id": ("web", False),
    "a list": ("web,shop", False),
    "a wildcard": ("web-*", False),
    "a list, idle ones": ("web,shop", True),
    "every job, idle ones": ("*", True),
    "every job, in words, idle ones": ("_all", True),
}


@pytest.mark.parametrize(("job_id", "idle"), SAID.values(), ids=SAID)
def test_what_is_said_is_taken(job_id: str, idle: bool | None) -> None:
    """What says enough is taken as it is said; silence is kept for `resolve`."""
    fields = {} if idle is None else {"only_if_idle": idle}

    assert idle is asked(job_id, **fields).only_if_idle


SHAPES = {
    "an id": ("web", True, False),
    "a wildcard": ("web-*", False, False),
    "a list": ("web,shop", False, False),
    "every job": ("*", False, True),
    "every job, in words": ("_all", False, True),
    "every job among others": ("web,*", False, True),
    "a wildcard that needs a letter": ("*a*", False, False),
}


@pytest.mark.parametrize(("job_id", "exact", "everything"), SHAPES.values(), ids=SHAPES)
def test_expressions_know_their_shape(
    job_id: str, exact: bool, everything: bool
) -> None:
    """One name, some jobs or all of them: each is asked for differently."""
    request = Request(
        job_id=job_id, request_id="sqs-1", requested_at=SENT, sent_at=SENT
    )

    assert (exact, everything) == (request.is_exact, request.is_everything)


REDRIVEN = persons_message(
    mode=Mode.OBSERVE,
    origin=Origin.SCHEDULE,
    force=True,
    timeout="5m",
    handed_at=ago(minutes=1),
    closing_seen_at=ago(minutes=1),
)


@pytest.mark.parametrize("job_id", ["web", "web-*", "web,shop", "*"])
def test_what_is_asked_for_despite_a_halt_is_idle(job_id: str) -> None:
    """It stands with only_if_idle: true alone: nothing else is ever held (R10)."""
    assert True is asked(job_id, only_if_idle=True, despite_halt=True).despite_halt
    assert False is asked("web", only_if_idle=False, despite_halt=False).despite_halt
    for fields in ({"only_if_idle": False}, {}):
        with pytest.raises(BadBody, match=r"^despite_halt: expected only with"):
            asked("web", despite_halt=True, **fields)


COUNTED = [("_all", {}), ("*", {"only_if_idle": False}), ("web-*", {}), ("web", {})]


@pytest.mark.parametrize(("job_id", "fields"), COUNTED)
def test_a_number_says_which_jobs_are_meant(
    job_id: str, fields: dict[str, Any]
) -> None:
    """It needs no only_if_idle: who counted every open job means busy ones (R15)."""
    request = asked(job_id, expected_jobs=34, **fields)

    assert (request.expected_jobs, bool(request.only_if_idle)) == (34, False)


def test_a_group_that_was_counted_needs_not_say_more() -> None:
    """Its number says that it is no id of one job (R15)."""
    jobs = [idle_job(job_id=f"web-{n}", groups=("front",)) for n in range(3)]

    assert resolve(asked("front", expected_jobs=3), jobs).jobs == tuple(jobs)


def test_a_number_of_idle_jobs_is_refused() -> None:
    """Whether the idle ones were counted, or all, cannot be told: it is asked back."""
    with pytest.raises(
        BadBody, match=r"^expected_jobs: expected with only_if_idle: false"
    ):
        asked("*", only_if_idle=True, expected_jobs=3)


@pytest.mark.parametrize("value", [0, -1, 10_001, 1.0, "34", True, None, [34]])
def test_a_number_is_a_whole_one(value: object) -> None:
    """Zero jobs need no request, and Elasticsearch lists no more than 10,000."""
    with pytest.raises(
        BadBody, match=r"^expected_jobs: expected a whole number from 1"
    ):
        asked("*", expected_jobs=value)


# What a close message does not carry: it is for one job, and is sent anew.
NOT_CARRIED = {"allow_no_match", "expected_jobs", "sent_at", "sent_by"}
WISHES: dict[str, dict[str, Any]] = {
    "a sweep's": {
        "origin": Origin.SCHEDULE,
        "kind": Kind.WATCH,
        "only_if_idle": True,
        "despite_halt": True,
    },
    "a person's": {"only_if_idle": False, "force": True},
}


def full_wish(**fields: Any) -> Request:
    """Return a request that says more than it must."""
    said = {"timeout": "5m", "reason": "moved", "requested_by": "ann"}
    born = {"mode": Mode.OBSERVE, "cluster": "test"}
    return Request(
        job_id="web",
        request_id="ann-1",
        requested_at=ago(hours=1),
        sent_at=SENT,
        **(said | born | fields),
    )


@pytest.mark.parametrize("fields", WISHES.values(), ids=WISHES)
def test_no_field_of_a_wish_is_lost_on_its_way(fields: dict[str, Any]) -> None:
    """Sent to a queue, parked from there and redriven, it asks for the same."""
    asked_first = full_wish(**fields)
    verdict = Verdict(idle_job(), Action.WATCH, Reason.CLOSING)
    message = message_of(asked_first, verdict, "test", NOW, asked_first.mode)
    read = parse_message(message.to_json(), sent_at=SENT, now=NOW)

    assert asked_first == parse(replace(read, parked_reason="odd").to_json())


def test_every_field_of_a_wish_is_sent_on_its_way() -> None:
    """A new field is in the test above, or said not to be carried."""
    silent = Request(job_id="", request_id="", requested_at=NOW, sent_at=NOW)
    names = {field.name for field in dataclass_fields(Request)} - NOT_CARRIED
    said = {
        name
        for name in names
        if any(
            getattr(full_wish(**each), name) not in (getattr(silent, name), None)
            for each in WISHES.values()
        )
    }

    assert names == said


def test_a_redriven_message_is_a_request_again() -> None:
    """A close message keeps its wish and its age; what was seen is judged anew."""
    expected = Request(
        job_id="web",
        request_id="sweep-1",
        requested_at=ago(minutes=2),
        sent_at=SENT,
        origin=Origin.SCHEDULE,
        force=True,
        timeout="5m",
        only_if_idle=False,
        reason="not needed",
        requested_by="ann",
        mode=Mode.OBSERVE,
        cluster="test",
    )

    assert expected == parse(REDRIVEN.to_json())


@pytest.mark.parametrize("timeout", ["24h", "1d", "86400s", "0s"])
def test_the_longest_timeout_is_a_day(timeout: str) -> None:
    """Elasticsearch waits for as long as it is told, so that it is told a day at most.

    In any unit (R14).
    """
    assert timeout == asked("web", timeout=timeout).timeout


def test_a_message_in_flight_keeps_its_timeout() -> None:
    """One that was sent before there was a limit is no bad request now (R14).

    Shortened, it would be forced sooner than its sender asked for.
    """
    assert "1000d" == parse(persons_message(timeout="1000d").to_json()).timeout


def test_a_redriven_message_keeps_to_idle_jobs() -> None:
    """A sweep's message does not become an order on its way back."""
    assert True is parse(sweeps_message().to_json()).only_if_idle


def test_a_redriven_message_is_read_like_any_other() -> None:
    """A newer one waits, and a wrong one is refused by its field."""
    body = json.loads(REDRIVEN.to_json())
    with pytest.raises(NewerVersion):
        parse(json.dumps(body | {"version": 2, "job_id": {"of": "a newer kind"}}))
    with pytest.raises(BadBody, match=r"^job_id: expected one job id"):
        parse(json.dumps(body | {"job_id": "*"}))


WEB_1 = idle_job(job_id="web-1", groups=("front",))
WEB_2 = idle_job(job_id="web-2", groups=("front", "shop"))
DB = idle_job(job_id="db")
JOBS = (WEB_2, DB, WEB_1)
NONE, MISSING = Reason.NO_MATCH, Reason.NO_SUCH_JOB
NEEDED = Reason.ONLY_IF_IDLE_REQUIRED

FOUND: dict[str, tuple[str, tuple[Job, ...]]] = {
    "an id": ("db", (DB,)),
    "a group": ("front", (WEB_1, WEB_2)),
    "a wildcard over ids": ("web-*", (WEB_1, WEB_2)),
    "a wildcard over groups": ("sh*", (WEB_2,)),
    "a wildcard over both": ("*b*", (DB, WEB_1, WEB_2)),
    "a wildcard in the middle": ("w*2", (WEB_2,)),
    "a wildcard that stands for nothing": ("db*", (DB,)),
    "a list of ids": ("web-2,db", (DB, WEB_2)),
    "a list that says it twice": ("front,web-1,web-*", (WEB_1, WEB_2)),
    "every job": ("*", (DB, WEB_1, WEB_2)),
    "every job, in words": ("_all", (DB, WEB_1, WEB_2)),
}


@pytest.mark.parametrize("allow_no_match", [True, False], ids=["allow", "demand"])
@pytest.mark.parametrize(("job_id", "expected"), FOUND.values(), ids=FOUND)
def test_expressions_find_their_jobs(
    job_id: str, expected: tuple[Job, ...], allow_no_match: bool
) -> None:
    """Each job once, by id or by group, sorted, as the close API resolves them."""
    resolved = resolve(wish(job_id, allow_no_match=allow_no_match), JOBS)

    assert (expected, None) == (resolved.jobs, resolved.refusal)


def wish(job_id: str, **fields: Any) -> Request:
    """Return a request for idle jobs."""
    return Request(
        job_id=job_id,
        request_id="sqs-1",
        requested_at=SENT,
        sent_at=SENT,
        **({"only_if_idle": True} | fields),
    )


NO_MATCH: dict[str, tuple[str, Reason, Reason]] = {
    "an id that is not there": ("nope", MISSING, MISSING),
    "a part of an id": ("web", MISSING, MISSING),
    "a list with one that is not there": ("db,nope", MISSING, MISSING),
    "a wildcard that matches nothing": ("nope-*", NONE, MISSING),
    "a list of wildcards that match nothing": ("nope-*,no*", NONE, MISSING),
    "a wildcard, and an id that is not there": ("web-*,nope", MISSING, MISSING),
}


@pytest.mark.parametrize(
    ("job_id", "allowed", "demanded"), NO_MATCH.values(), ids=NO_MATCH
)
def test_what_matches_nothing_is_told(
    job_id: str, allowed: Reason, demanded: Reason
) -> None:
    """A name must exist, a wildcard only with allow_no_match=false; all or nothing."""
    either = [
        resolve(wish(job_id, allow_no_match=allow), JOBS) for allow in (True, False)
    ]

    assert [allowed, demanded] == [resolved.refusal for resolved in either]
    assert [(), ()] == [resolved.jobs for resolved in either]


def test_a_wildcard_that_matches_nothing_hides_no_others() -> None:
    """With allow_no_match the rest of a list is closed, without it nothing is."""
    lenient = resolve(wish("web-1,nope-*"), JOBS)
    strict = resolve(wish("web-1,nope-*", allow_no_match=False), JOBS)

    assert (WEB_1,) == lenient.jobs
    assert (MISSING, "no known job with id nope-*") == (strict.refusal, strict.detail)


@pytest.mark.parametrize("job_id", ["*", "_all"])
def test_a_cluster_without_jobs_has_no_match(job_id: str) -> None:
    """Every job of none is none, unless one is demanded."""
    assert NONE is resolve(wish(job_id), []).refusal
    assert MISSING is resolve(wish(job_id, allow_no_match=False), []).refusal


def test_every_missing_name_is_told() -> None:
    """Whoever mistyped two names is told of both."""
    resolved = resolve(wish("nope,web-1,never"), JOBS)

    assert "no known job with id nope, never" == resolved.detail


def test_a_redriven_message_is_for_its_job_and_for_no_group() -> None:
    """Its job's id may have become the name of a group, which nobody asked for."""
    parked = wish("front", cluster="test", only_if_idle=False)

    assert Reason.NO_SUCH_JOB == resolve(parked, JOBS).refusal


def test_a_group_must_say_whether_only_idle_ones() -> None:
    """What is a group is known only after the read; silence is enough for an id."""
    group = resolve(wish("front", only_if_idle=None), JOBS)
    one = resolve(wish("db", only_if_idle=None), JOBS)

    assert (NEEDED, ()) == (group.refusal, group.jobs)
    assert "only_if_idle: expected true or false for a group: front" == group.detail
    assert (DB,) == one.jobs


def test_a_dot_is_a_dot() -> None:
    """An id is no regular expression."""
    assert MISSING is resolve(wish("w.b-1"), JOBS).refusal


@pytest.mark.timeout(10)
def test_thirty_wildcards_take_no_ages() -> None:
    """A request full of wildcards cannot keep the Sweeper busy."""
    long = idle_job(job_id="a" * 63 + "c")

    assert NONE is resolve(wish("*a" * 30 + "*b"), [long]).refusal
