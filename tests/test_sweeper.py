"""The Sweeper: schedules, requests and direct invocations, through its handler."""

import json
from datetime import timedelta
from typing import Any

import pytest

from idle_jobs.errors import Refused
from idle_jobs.messages.readers import BadBody
from idle_jobs.times import rfc3339
from local.runner import Runner
from local.topology import Topology
from rows.translated import ALARM, of_type
from stacks import START, add_busy, add_idle, after, ends, posts, sweep
from standin.cluster import Fault

pytestmark = pytest.mark.slow

MOTOS_SENDER = "AIDAIT2UOQQY3AUEKVGXU"  # whoever sends


def sent(stack: Runner, queue: str = "CloseQueue") -> list[dict[str, Any]]:
    """Return the messages in a queue."""
    return [json.loads(body) for body in stack.queues.bodies(queue)]


def test_a_sweep_writes_one_message_for_each_idle_job(stack: Runner) -> None:
    """The message carries the wish, its age, and what was seen of the job."""
    add_idle(stack)
    add_busy(stack, "busy")
    sweep(stack)

    assert sent(stack) == [
        {
            "version": 1,
            "kind": "close",
            "cluster": "demo",
            "request_id": stack.scheduled_event(START)["id"],
            "origin": "schedule",
            "requested_at": "2026-03-02T06:05:00Z",
            "job_id": "web",
            "mode": "close",
            "only_if_idle": True,
            "despite_halt": False,
            "force": False,
            "timeout": "30m",
            "reason": "idle_datafeed_stopped",
            "evidence": {
                "state": "opened",
                "last_activity": "2026-02-20T06:05:00Z",
                "open_start": "2026-01-31T06:05:00Z",
                "datafeed_state": "stopped",
            },
        }
    ]


def test_a_sweep_returns_and_logs_why(stack: Runner) -> None:
    """Every job that is not closed has a verdict."""
    add_idle(stack)
    add_busy(stack, "busy")
    add_idle(stack, "done", state="closed", finished=START - timedelta(days=1))
    summary = sweep(stack)
    verdicts = [x for x in stack.log if x["message"] == "verdict"]

    assert summary["verdicts"] == {"active": 1, "idle_datafeed_stopped": 1}
    assert (summary["sent"], summary["mode"]) == (1, "close")
    assert [job["job_id"] for job in summary["jobs"]] == ["busy", "web"]
    assert [line["job_id"] for line in verdicts] == ["busy", "web"]


def test_a_late_event_is_judged_by_the_present(stack: Runner) -> None:
    """What Lambda kept for 15 minutes says when it was asked for, not what is (F4)."""
    add_idle(stack, last_data=START - timedelta(hours=47, minutes=50))
    event = stack.scheduled_event(START)
    before = stack.invoke("Sweeper", event)
    stack.shift(timedelta(minutes=15))
    later = stack.invoke("Sweeper", event)

    assert before["verdicts"] == {"active": 1}
    assert later["verdicts"] == {"idle_datafeed_stopped": 1}


def test_eventbridge_scheduler_sweeps_as_the_rule_does(stack: Runner) -> None:
    """Its event has another source and another id; the sweep is one like any other."""
    zone = {"ScheduleTimezone": "Europe/Berlin"}
    schedule = Topology.load(parameters=zone).functions["Sweeper"].schedule
    assert schedule is not None
    add_idle(stack)
    summary = stack.invoke("Sweeper", schedule.event(START))
    [message] = sent(stack)

    assert (summary["request_id"], summary["sent"]) == ("0000000069a5288c", 1)
    assert (message["origin"], message["requested_at"]) == ("schedule", rfc3339(START))


@pytest.mark.parametrize(
    ("field", "value"), [("time", None), ("time", "06:05"), ("id", None), ("id", 7)]
)
def test_a_scheduled_event_without_its_fields_is_refused(
    stack: Runner, field: str, value: object
) -> None:
    """The error names the field, and Lambda's own alarm sees it."""
    stack.invoke("Sweeper", stack.scheduled_event(START) | {field: value})
    [(name, error)] = stack.errors

    assert name == "Sweeper"
    assert isinstance(error, BadBody)
    assert str(error).startswith(f"{field}: expected")


def test_a_cluster_that_is_too_old_is_refused_by_name(stack: Runner) -> None:
    """Before 7.14 a close does not stop the datafeed."""
    stack.cluster.version = "7.13.4"
    summary = sweep(stack)

    assert "7.13.4 is too old" in summary["refused"]


NO_ML = {
    "no machine learning (F8)": (
        400,
        {"error": "no handler found for uri [/_ml/info] and method [GET]"},
        "has no machine learning API",
    ),
    "another method (F8)": (
        405,
        {"error": "Incorrect HTTP method for uri [/_ml] and method [GET]"},
        "has no machine learning API",
    ),
    "another product (F17)": (
        200,
        {"tagline": "The OpenSearch Project"},
        "CLUSTER_URL",
    ),
}


@pytest.mark.parametrize(("status", "answer", "told"), NO_ML.values(), ids=NO_ML)
def test_what_is_no_such_cluster_is_refused_and_rings(
    stack: Runner, status: int, answer: dict[str, str], told: str
) -> None:
    """No day of vain tries comes before a person hears of it.

    The sweep itself ends without an error, so Lambda does not run it again; who invokes
    the Sweeper gets the error.
    """
    body = json.dumps(answer).encode()
    stack.cluster.faults.append(Fault(path="_ml/info", status=status, body=body))
    summary = sweep(stack)

    asked = stack.scheduled_event(START)["id"]
    assert (summary["request_id"], stack.errors) == (asked, [])
    assert told in summary["refused"]
    assert stack.metrics["ClusterRefused"] == stack.metrics["WorkFailed"] == 1
    stack.invoke("Sweeper", {"job_id": "web"})
    assert isinstance(stack.errors[0][1], Refused)
    assert told in str(stack.errors[0][1])


def test_a_paused_sweep_reads_nothing_and_still_reports(stack: Runner) -> None:
    """It is no error, and the log says why nothing happens."""
    stack.set_mode("paused")
    add_idle(stack)
    summary = sweep(stack)

    assert stack.cluster.log == []
    assert (summary["mode"], summary["sent"]) == ("paused", 0)
    assert [x["mode"] for x in stack.log if x["message"] == "swept"] == ["paused"]


def test_what_nothing_closes_is_counted(stack: Runner) -> None:
    """A closed job with a running datafeed, a forecast without end (R5)."""
    ended = START - timedelta(days=20)
    closed: dict[str, Any] = {"state": "closed", "last_data": ended, "finished": ended}
    add_idle(stack, "left", **closed, datafeed="started")
    add_idle(stack, "closed", **closed)
    add_idle(stack, "oracle", last_data=ended, forecast=True)
    add_idle(stack, "shop", last_data=ended, opened=START - timedelta(hours=1))
    add_idle(stack)
    summary = sweep(stack)

    assert [(job["job_id"], job["reason"]) for job in summary["jobs"]] == [
        ("left", "closed_datafeed_not_stopped"),
        ("oracle", "forecast_stuck"),
        ("shop", "reopened_but_quiet"),
        ("web", "idle_datafeed_stopped"),
    ]
    assert stack.metrics["JobsNeedAttention"] == 3
    assert summary["sent"] == 1


def test_a_closed_job_with_a_running_datafeed_is_closed_for_a_request(
    stack: Runner,
) -> None:
    """A request for it ends as for any closed job, with what is odd of it (R5)."""
    ended = START - timedelta(days=20)
    closed: dict[str, Any] = {"state": "closed", "last_data": ended, "finished": ended}
    add_idle(stack, "left", **closed, datafeed="started")
    body = json.dumps({"job_id": "left", "requested_by": "ann"})
    stack.queues.send("RequestQueue", body)
    stack.run(after(minutes=1))
    [outcome] = stack.outcomes()

    assert ends(stack) == ["left: skipped already_closed"]
    assert "datafeed started" in outcome["detail"]


WATCHED = of_type(ALARM)["WorkOverdue"]


@pytest.mark.parametrize(("hours", "rings"), [(0, False), (24, False), (25, True)])
def test_a_pause_that_was_forgotten_is_told(
    stack: Runner, hours: int, rings: bool
) -> None:
    """Each scheduled sweep measures it, a daily one too; requests do not (R11)."""
    stack.set_mode("paused")
    stack.shift(timedelta(hours=hours, minutes=1))
    stack.invoke("Sweeper", {"job_id": "*", "only_if_idle": True})
    summary = sweep(stack)
    told = stack.metrics["ModePaused"]

    assert told == pytest.approx(hours * 3600 + 60, abs=2)
    assert told == stack.metrics["WorkOverdue"]
    assert (told > WATCHED["Threshold"]) is rings
    assert summary["in_words"].startswith("paused for ")


def test_observing_is_told_in_words(stack: Runner) -> None:
    """A stack that was left observing says for how long, and rings nothing (R11)."""
    add_idle(stack)
    stack.set_mode("observe")
    stack.shift(timedelta(days=30))
    summary = sweep(stack)

    assert (
        summary["in_words"] == "observing for 30d: 1 job would be closed, and none is"
    )
    assert stack.metrics["ModePaused"] == 0


def test_each_sweep_tells_who_set_the_mode(stack: Runner) -> None:
    """The line of a scheduled sweep says so; a request does not ask for it."""
    stack.invoke("Sweeper", {"job_id": "*", "only_if_idle": True})
    sweep(stack)
    asked, swept = [line for line in stack.log if line["message"] == "swept"]

    assert (swept["mode_set_at"], swept["mode_set_by"]) == (rfc3339(START), "N/A")
    assert "mode_set_by" not in asked


def test_a_sweep_names_what_has_no_effect(stack: Runner) -> None:
    """The summary and the line of the sweep say which key was not read (F14)."""
    add_idle(stack, custom_settings={"idleCloser": {"mode": "auto"}})
    summary = sweep(stack)
    [line] = [x for x in stack.log if x["message"] == "swept"]

    why = "web: custom_settings.idleCloser: not read, expected idle_closer"
    assert [why] == summary["ignored"] == line["ignored"]
    assert summary["sent"] == 0


def test_a_halt_does_not_cure_itself(stack: Runner) -> None:
    """Thirty of forty jobs stopped at once: held for a week, not for a day (R10)."""
    for n in range(30):
        add_idle(stack, f"job-{n}", last_data=START - timedelta(hours=50))
    for n in range(10):
        add_busy(stack, f"busy-{n}")
    held = []
    for hours in (0, 1, 24, 25, 165):
        stack.shift(after(hours=hours) - stack.now)
        held.append(sweep(stack)["held"])
    stack.shift(timedelta(hours=1))
    released = sweep(stack)

    assert held == [30] * 5
    assert (released["sent"], released["why_held"]) == (20, {"over_limit": 10})


def test_a_halted_sweep_tells_of_the_event_in_one_line(stack: Runner) -> None:
    """How many are held for which reason, of how many, and when it happened."""
    for n in range(7):
        add_idle(stack, f"job-{n}", last_data=START - timedelta(hours=50))
    add_idle(stack, "old")
    summary = sweep(stack)
    [line] = [x for x in stack.log if x["message"] == "swept"]

    assert (summary["sent"], summary["held"]) == (1, 7)
    assert line["why_held"] == {"sweep_halted": 7}
    assert line["halts"] == [
        "7 of 8 open jobs became idle from 2026-03-02T04:05:00Z to 2026-03-02T04:05:00Z"
    ]


def test_a_person_closes_what_is_held(stack: Runner) -> None:
    """Limited as a sweep, for an event is many jobs; the next request does the rest."""
    for n in range(30):
        add_idle(stack, f"job-{n}", last_data=START - timedelta(hours=50))
    ask = {"job_id": "job-*", "only_if_idle": True, "despite_halt": True}
    stack.request(**ask)
    stack.run(after(minutes=5))
    stack.invoke("Sweeper", {"job_id": "*", "only_if_idle": True})
    first = stack.metrics["JobsClosed"]
    stack.request(**ask)
    stack.run(after(minutes=10))

    assert (first, stack.metrics["JobsClosed"]) == (20, 30)
    assert stack.metrics["SweepHalted"] == 10


def test_what_is_over_the_limit_is_said_to_be(stack: Runner) -> None:
    """Twenty are sent, the others wait for the next sweep, each with its reason."""
    for n in range(23):
        add_idle(stack, f"job-{n}")
    summary = sweep(stack)

    assert len(sent(stack)) == 20
    assert {end.split(": ")[1] for end in ends(stack)} == {"skipped over_limit"}
    assert (summary["held"], summary["why_held"]) == (3, {"over_limit": 3})


def test_a_job_stuck_opening_is_counted(stack: Runner) -> None:
    """Somebody wants it: it is never closed, but an operator should know."""
    add_idle(stack, state="opening", assigned=False)
    sweep(stack)

    assert stack.metrics["JobsStuckOpening"] == 1


def test_a_request_for_a_running_job_is_sent_on(stack: Runner) -> None:
    """The message keeps who asked and why, under the id of the request."""
    add_busy(stack)
    request_id = stack.request(job_id="web", requested_by="ann", reason="moved")
    stack.take_one("Sweeper")
    [message] = sent(stack)

    assert (message["request_id"], message["origin"]) == (request_id, "request")
    assert (message["requested_by"], message["reason"]) == ("ann", "moved")
    assert message["only_if_idle"] is False


def test_an_outcome_tells_who_sent_the_request(stack: Runner) -> None:
    """SQS says it, beside what the request says; nobody sends a schedule."""
    add_busy(stack)
    add_idle(stack, "quiet")
    stack.request(job_id="web", requested_by="ann")
    stack.request(job_id="web", sent_by="ann")
    stack.run(after(minutes=5))
    sweep(stack)
    stack.run(after(minutes=10))
    told = {
        (line["ended"], line.get("requested_by"), line.get("sent_by"))
        for line in stack.outcomes()
    }

    assert told == {
        ("closed", "ann", MOTOS_SENDER),
        ("parked", None, MOTOS_SENDER),
        ("closed", None, None),
    }


REFUSED = {
    "not JSON": ("{", "unreadable"),
    "an unknown field": ('{"job_id": "web", "job": 1}', "bad_request"),
    "a blank id": ('{"job_id": " , "}', "bad_request"),
    "a wildcard without only_if_idle": ('{"job_id": "w*"}', "only_if_idle_required"),
    "everything, idle or not": (
        '{"job_id": "*", "only_if_idle": false}',
        "only_if_idle_required",
    ),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_request_that_cannot_be_taken_is_parked(
    stack: Runner, body: str, reason: str
) -> None:
    """A person finds it as it was sent, with the reason, and nothing is closed."""
    add_busy(stack)
    stack.queues.send("RequestQueue", body)
    stack.take_one("Sweeper")

    assert ends(stack) == [f": parked {reason}"]
    assert stack.queues.bodies("ParkingQueue") == [body]
    assert sent(stack) == []


ASKED_BACK = {
    "a group without only_if_idle": ({"job_id": "team"}, "only_if_idle_required"),
    "too many jobs": ({"job_id": "web*", "only_if_idle": False}, "too_many"),
}


@pytest.mark.parametrize(("request_", "reason"), ASKED_BACK.values(), ids=ASKED_BACK)
def test_a_request_that_is_asked_back_keeps_its_age_and_its_id(
    stack: Runner, request_: dict[str, object], reason: str
) -> None:
    """A person finds both in it, and the outcome names who asked, for what, and why."""
    for n in range(101):
        add_busy(stack, f"web-{n}", groups=("team",))
    words = request_ | {"requested_by": "ann", "reason": "moved"}
    message_id = stack.request(**words)
    stack.take_one("Sweeper")
    [body] = stack.queues.bodies("ParkingQueue")
    [outcome] = stack.outcomes()
    known = {"request_id": message_id, "requested_at": "2026-03-02T06:05:00Z"}

    assert json.loads(body) == words | known
    assert ends(stack) == [f"{request_['job_id']}: parked {reason}"]
    assert (outcome["requested_by"], outcome["request_reason"]) == ("ann", "moved")
    assert outcome["request_id"] == message_id
    assert sent(stack) == []


def test_wildcards_are_limited_over_a_day(stack: Runner) -> None:
    """Three in one batch share one read, a fourth comes an hour later (R12)."""
    for name in ("a", "b", "c", "d"):
        for n in range(45):
            add_busy(stack, f"{name}-{n}")
    for name in ("a", "b", "c"):
        stack.request(job_id=f"{name}-*", only_if_idle=False)
    stack.run(after(hours=1))
    stack.request(job_id="d-*", only_if_idle=False)
    stack.request(job_id="d-7")
    stack.run(after(hours=2))
    parked = [end for end in ends(stack) if "parked" in end]

    assert parked == ["c-*: parked over_daily_limit", "d-*: parked over_daily_limit"]
    assert stack.metrics["JobsClosed"] == 91


@pytest.mark.parametrize("expression", ["_all", "*", "web-*", "team"])
def test_a_whole_cluster_is_closed_if_its_jobs_were_counted(
    stack: Runner, expression: str
) -> None:
    """Busy jobs as well, but never what is protected; what is closed is none (R15)."""
    for n in range(4):
        add_busy(stack, f"web-{n}", groups=("team",))
    add_busy(stack, "web-kept", groups=("team", "idle-closer-keep"))
    finished = START - timedelta(days=1)
    add_idle(stack, "web-done", groups=("team",), state="closed", finished=finished)
    stack.request(job_id=expression, expected_jobs=5)
    stack.run(after(minutes=10))

    assert sorted(end for end in ends(stack) if "web-done" not in end) == [
        *(f"web-{n}: closed requested" for n in range(4)),
        "web-kept: skipped kept_by_owner",
    ]


def test_a_number_that_is_wrong_is_parked_and_right_once_it_is(stack: Runner) -> None:
    """Both numbers are told, and the parked body keeps its own for later (R15)."""
    for n in range(4):
        add_busy(stack, f"web-{n}")
    stack.request(job_id="*", expected_jobs=3, requested_by="ann")
    stack.take_one("Sweeper")
    [outcome] = stack.outcomes()
    [body] = stack.queues.bodies("ParkingQueue")
    del stack.cluster.jobs["web-3"]
    stack.queues.send("RequestQueue", body)
    stack.run(after(minutes=10))

    assert outcome["reason"] == "unexpected_number"
    assert outcome["detail"] == "expected_jobs: 4 jobs are not closed yet, expected 3"
    assert json.loads(body)["expected_jobs"] == 3
    assert sorted(ends(stack)[1:]) == [f"web-{n}: closed requested" for n in range(3)]


def test_a_counted_request_that_comes_again_is_not_parked(stack: Runner) -> None:
    """A Sweeper died before its request was deleted, when two of three were closed."""
    for n in range(3):
        add_busy(stack, f"web-{n}")
    stack.cluster.jobs["web-2"].close_takes = timedelta(hours=1)
    stack.request(job_id="*", expected_jobs=3)
    stack.dies = {("Sweeper", 1)}
    stack.run(after(minutes=20))
    states = {stack.cluster.state_of(f"web-{n}", stack.now) for n in range(3)}
    stack.run(after(minutes=90))

    assert states == {"closed", "closing"}
    assert stack.invoked["Sweeper"] == 2
    assert {end.split(": ")[1] for end in ends(stack)} == {"closed requested"}


def test_as_many_jobs_as_a_request_may_close_are_all_sent(stack: Runner) -> None:
    """The limit is the number that is still taken."""
    for n in range(100):
        add_busy(stack, f"web-{n}")
    stack.request(job_id="web*", only_if_idle=False)
    stack.take_one("Sweeper")

    assert len(sent(stack)) == 100


@pytest.mark.row(21)
@pytest.mark.parametrize("force", [False, True], ids=["close", "an order to force"])
@pytest.mark.parametrize("reopened", [False, True], ids=["busy", "reopened"])
def test_a_redriven_request_is_as_old_as_it_was(
    stack: Runner, force: bool, reopened: bool
) -> None:
    """Parked for a week as it came, it still closes nothing that is in use (R2)."""
    add_busy(stack)
    stack.cluster.faults.append(Fault(path=".", kind="status", status=503))
    stack.request(job_id="web", request_id="ask", force=force)
    stack.shift(timedelta(days=1))
    stack.take_one("Sweeper")
    stack.cluster.faults.clear()
    stack.shift(timedelta(days=6))
    if reopened:
        stack.cluster.jobs["web"].opened = stack.now - timedelta(days=2)
    stack.cluster.give_data("web", stack.now)
    stack.queues.send("RequestQueue", *stack.queues.bodies("ParkingQueue"))
    stack.run(stack.now + timedelta(days=1))
    end = "skipped reopened" if reopened else "parked request_expired"

    assert ends(stack) == ["web: parked cluster_unavailable", f"web: {end}"]
    assert posts(stack) == []


def test_a_request_that_was_written_long_ago_is_limited_by_what_is_open_now(
    stack: Runner,
) -> None:
    """What others closed between its writing and its sending takes no place in it."""
    for n in range(30):
        add_idle(stack, f"job-{n}")
        finished = START - timedelta(hours=2)
        add_idle(stack, f"done-{n}", state="closed", finished=finished)
    written = rfc3339(START - timedelta(days=1))
    stack.request(job_id="*", only_if_idle=True, requested_at=written)
    stack.take_one("Sweeper")

    assert len(sent(stack)) == 20


@pytest.mark.row(12)
def test_a_request_that_was_written_long_ago_is_halted_all_the_same(
    stack: Runner,
) -> None:
    """Jobs that others closed since were not open when it came."""
    for n in range(12):
        add_idle(stack, f"job-{n}", last_data=START - timedelta(hours=50))
        finished = START - timedelta(hours=3)
        add_idle(stack, f"done-{n}", state="closed", finished=finished)
    written = rfc3339(START - timedelta(days=1))
    stack.request(job_id="job-*", only_if_idle=True, requested_at=written)
    stack.take_one("Sweeper")

    assert {end.split(": ")[1] for end in ends(stack)} == {"skipped sweep_halted"}


def test_a_parked_request_is_told_by_the_id_that_its_sender_knows(
    stack: Runner,
) -> None:
    """Where it has one that can be read; else by SQS's own."""
    stack.request(job_id=7, request_id="ask-ann")
    stack.request(job_id=7, request_id=8)
    stack.take_one("Sweeper")
    ids = [outcome["request_id"] for outcome in stack.outcomes()]

    assert sorted(map(len, ids)) == [7, 36]


NO_JOB = {
    "an id that nobody has": ({"job_id": "nope"}, "nope: skipped no_such_job"),
    "a wildcard that matches nothing": (
        {"job_id": "no*", "only_if_idle": False},
        "no*: skipped no_match",
    ),
    "the same, not allowed": (
        {"job_id": "no*", "only_if_idle": False, "allow_no_match": False},
        "no*: skipped no_such_job",
    ),
    "a list with one that is missing": (
        {"job_id": "web,nope", "only_if_idle": True},
        "web,nope: skipped no_such_job",
    ),
}


@pytest.mark.parametrize(("request_", "end"), NO_JOB.values(), ids=NO_JOB.keys())
def test_a_request_without_jobs_has_one_outcome(
    stack: Runner, request_: dict[str, object], end: str
) -> None:
    """It ends under its expression, and where the API says 404, nothing is closed."""
    add_idle(stack)
    stack.request(**request_)
    stack.take_one("Sweeper")

    assert ends(stack) == [end]
    assert sent(stack) == []


def test_a_list_says_what_becomes_of_each_of_its_jobs(stack: Runner) -> None:
    """Those that are not sent end at once, the closed ones too."""
    add_idle(stack, "idle")
    add_busy(stack, "busy")
    add_idle(stack, "done", state="closed", finished=START - timedelta(days=1))
    stack.request(job_id="idle,busy,done", only_if_idle=True)
    stack.take_one("Sweeper")

    assert ends(stack) == ["busy: skipped active", "done: skipped already_closed"]
    assert [message["job_id"] for message in sent(stack)] == ["idle"]


@pytest.mark.parametrize("name", ["done", "team"], ids=["id", "group"])
def test_a_wildcard_beside_a_name_hides_no_end(stack: Runner, name: str) -> None:
    """What is asked for by name has its end; what only a wildcard finds, if open."""
    closed = {"state": "closed", "finished": START - timedelta(days=1)}
    add_idle(stack, "done", groups=("team",), **closed)
    add_idle(stack, "web-done", **closed)
    add_busy(stack, "web-busy")
    stack.request(job_id=f"{name},web-*", only_if_idle=True)
    stack.take_one("Sweeper")

    assert ends(stack) == [
        "done: skipped already_closed",
        "web-busy: skipped active",
    ]


@pytest.mark.row(14)
def test_a_repeated_request_ends_as_it_did(stack: Runner) -> None:
    """It is delivered again when its job is closed: the same end, not another."""
    add_busy(stack)
    stack.request(job_id="web", request_id="once")
    stack.run(after(minutes=1))
    stack.request(job_id="web", request_id="once", requested_at="2026-03-02T06:05:00Z")
    stack.run(after(minutes=2))

    assert ends(stack) == ["web: closed requested", "web: closed requested"]


@pytest.mark.row(1)
def test_a_watch_is_a_wish_of_its_own(stack: Runner) -> None:
    """A repeated sweep takes its own slow close for somebody else's: one end each."""
    add_idle(stack, close_takes=timedelta(minutes=9))
    sweep(stack)
    stack.take_one("Closer")
    sweep(stack)
    stack.run(after(minutes=20))
    event = stack.scheduled_event(START)["id"]

    assert [x["ended"] for x in stack.outcomes(event)] == ["closed"]
    assert [x["ended"] for x in stack.outcomes(f"{event}/watch")] == ["skipped"]


@pytest.mark.parametrize(
    "request_", [{"job_id": "web"}, {"job_id": "web", "force": True}]
)
def test_what_only_force_can_close_goes_to_the_force_closer(
    stack: Runner, request_: dict[str, object]
) -> None:
    """A failed job that a person names, and an order that the operator allows (R13)."""
    stack.parameters = {"ForceOrders": "allowed"}
    state = "opened" if "force" in request_ else "failed"
    add_busy(stack, state=state)
    stack.request(**request_)
    stack.take_one("Sweeper")
    [message] = sent(stack, "ForceQueue")

    assert message["handed_at"] == "2026-03-02T06:05:00Z"
    assert sent(stack) == []


@pytest.mark.parametrize(
    ("fields", "queue"),
    [
        ({}, "CloseQueue"),
        ({"state": "closing", "close_ends": "hangs"}, "ForceQueue"),
        ({"config": False}, "ForceQueue"),
    ],
    ids=["busy", "closing", "an orphan"],
)
def test_an_order_goes_to_the_force_closer_only_where_it_forces_at_once(
    stack: Runner, fields: dict[str, Any], queue: str
) -> None:
    """What is closed gently first begins at the Closer (R13)."""
    add_busy(stack, **fields)
    stack.request(job_id="web", force=True)
    stack.take_one("Sweeper")
    queues = {name: len(sent(stack, name)) for name in ("CloseQueue", "ForceQueue")}

    assert queues == {"CloseQueue": 0, "ForceQueue": 0} | {queue: 1}


@pytest.mark.parametrize("expression", ["we*", "team", "web,web"])
def test_force_for_more_than_one_job_is_only_a_permission(
    stack: Runner, expression: str
) -> None:
    """Only one exact job id makes it an order; a group's name is not one."""
    add_busy(stack, groups=("team",))
    stack.request(job_id=expression, force=True, only_if_idle=False)
    stack.take_one("Sweeper")

    assert [message["force"] for message in sent(stack)] == [False]


@pytest.mark.row(21)
def test_a_redriven_message_is_judged_anew(stack: Runner) -> None:
    """RequestQueue takes close messages; what they knew of the job is forgotten.

    Whoever redrove one is known, whatever it says.
    """
    add_idle(stack)
    sweep(stack)
    [message] = sent(stack)
    parked = message | {"handed_at": message["requested_at"], "parked_reason": "odd"}
    stack.queues.send("RequestQueue", json.dumps(parked | {"sent_by": "nobody"}))
    stack.take_one("Sweeper")

    assert sent(stack) == [message, message | {"sent_by": MOTOS_SENDER}]


def test_a_redriven_message_of_a_schedule_has_its_end(stack: Runner) -> None:
    """What SQS itself parked had no outcome yet: it gets it here, closable or not."""
    add_idle(stack)
    sweep(stack)
    [message] = sent(stack)
    stack.cluster.give_data(message["job_id"], stack.now)
    stack.queues.send("RequestQueue", json.dumps(message))
    stack.take_one("Sweeper")

    assert [f"{message['job_id']}: skipped active"] == ends(stack)


def test_a_redriven_message_keeps_its_key_while_its_job_is_closing(
    stack: Runner,
) -> None:
    """It names its job, so that the end is told under the key that is waited for."""
    add_idle(stack, close_takes=timedelta(minutes=9))
    sweep(stack)
    [message] = sent(stack)
    stack.cluster.jobs["web"].begin_close(stack.now)
    stack.queues.send("RequestQueue", json.dumps(message))
    stack.take_one("Sweeper")
    watched = [each for each in sent(stack) if each["kind"] == "watch"]

    assert [message["request_id"]] == [each["request_id"] for each in watched]


@pytest.mark.parametrize(
    ("kind", "ended"),
    [("close", "closed idle_datafeed_stopped"), ("watch", "skipped already_closed")],
)
def test_a_redriven_watch_claims_no_closing(
    stack: Runner, kind: str, ended: str
) -> None:
    """Its job is closed by now: a wish to close says so, a watch looked on."""
    add_idle(stack)
    sweep(stack)
    [message] = sent(stack)
    stack.cluster.jobs["web"].begin_close(stack.now)
    stack.queues.send("RequestQueue", json.dumps(message | {"kind": kind}))
    stack.take_one("Sweeper")

    assert [f"web: {ended}"] == ends(stack)


def test_a_message_of_another_cluster_is_parked(stack: Runner) -> None:
    """Redriven into the wrong stack, it must not close a job of the same name."""
    add_idle(stack)
    sweep(stack)
    [message] = sent(stack)
    stack.queues.send("RequestQueue", json.dumps(message | {"cluster": "other"}))
    stack.take_one("Sweeper")

    assert ends(stack) == ["web: parked foreign_cluster"]


@pytest.mark.parametrize("force", [False, True])
def test_a_message_of_another_cluster_cannot_be_invoked(
    stack: Runner, force: bool
) -> None:
    """Whoever hands a parked body to the Sweeper itself gets an error, and no close."""
    add_busy(stack)
    body = {"version": 1, "cluster": "other", "request_id": "r", "job_id": "web"}
    body |= {"requested_at": rfc3339(START), "only_if_idle": False, "force": force}
    stack.invoke("Sweeper", body)

    assert [str(error) for _, error in stack.errors] == [
        "cluster: expected demo, got other"
    ]
    assert sent(stack) == sent(stack, "ForceQueue") == []


def test_requests_wait_for_the_cluster_until_they_are_parked(stack: Runner) -> None:
    """A day without the cluster: then a person has to decide."""
    stack.cluster.faults.append(Fault(path=".", kind="status", status=503))
    stack.request(job_id="web")
    stack.run(after(hours=23))
    waiting = ends(stack)
    stack.run(after(hours=25))

    assert waiting == []
    assert ends(stack) == ["web: parked cluster_unavailable"]


def test_paused_requests_wait(stack: Runner) -> None:
    """They come back in an hour, unread."""
    stack.set_mode("paused")
    stack.request(job_id="web")
    stack.take_one("Sweeper")

    assert stack.cluster.log == []
    assert stack.queues.next_visible("RequestQueue") == after(hours=1, milliseconds=1)


def test_a_direct_invocation_takes_a_request(stack: Runner) -> None:
    """It returns the summary, and its request is Lambda's own request."""
    add_busy(stack)
    summary = stack.invoke("Sweeper", {"job_id": "web"})

    assert (summary["request_id"], summary["sent"]) == ("run-1", 1)
    assert [message["requested_at"] for message in sent(stack)] == [
        "2026-03-02T06:05:00Z"
    ]


@pytest.mark.parametrize("event", [{}, {"job_id": 7}, {"Records": []}, ["web"], "web"])
def test_an_event_that_is_none_is_refused_by_name(stack: Runner, event: Any) -> None:
    """The caller gets an error that names the field."""
    stack.invoke("Sweeper", event)

    assert isinstance(stack.errors[0][1], BadBody)


def test_nothing_is_ever_posted_by_the_sweeper(stack: Runner) -> None:
    """It reads six times, and later five times, however many jobs there are."""
    for n in range(30):
        add_idle(stack, f"job-{n}")
    sweep(stack)
    first = len(stack.cluster.log)
    sweep(stack)

    assert posts(stack) == []
    assert (first, len(stack.cluster.log)) == (6, 6 + 5)


def test_a_summary_is_cut_to_what_lambda_can_return(stack: Runner) -> None:
    """It says how many verdicts it leaves out."""
    stack.timeouts = {"READ_TIMEOUT": "60"}
    for n in range(5_002):
        add_busy(stack, f"job-{n}")
    summary = sweep(stack)

    assert len(summary["jobs"]) == 5_000
    assert summary["jobs_cut"] == 2


@pytest.mark.row(8)
def test_a_send_that_sqs_refuses_is_not_lost(stack: Runner) -> None:
    """A schedule is tried again by Lambda, a request stays in its queue."""
    add_idle(stack)
    stack.queues.remove("CloseQueue")
    stack.request(job_id="web")
    stack.take_one("Sweeper")
    sweep(stack)

    assert len(stack.queues.bodies("RequestQueue")) == 1
    assert [name for name, _ in stack.errors] == ["Sweeper"]
    assert stack.metrics["RecordsBroken"] == 1
