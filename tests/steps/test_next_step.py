"""What happens next to a message, by its age, its wish and the job's state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import (
    NOW,
    RULES,
    ago,
    closed_job,
    failed_job,
    feed,
    idle_job,
    persons_message,
    sweeps_message,
)
from idle_jobs.errors import (
    BadRequest,
    ClusterError,
    DatafeedWouldNotStop,
    Gone,
    JobFailed,
    LookAgain,
    Refused,
    TryLater,
)
from idle_jobs.messages.close_message import CloseMessage, Evidence
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.terms import Kind
from idle_jobs.policy.job import Job, State
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.reasons import Reason
from idle_jobs.steps.after_post import after_answer, after_evidence, after_success
from idle_jobs.steps.deadlines import unread
from idle_jobs.steps.next_step import next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force, HandOver, Park, Step, Wait

CLOSER, FORCER = Role(RULES), Role(RULES, may_force=True)
BUSY = idle_job(last_data=ago(minutes=1), datafeed=feed("started"))
CLOSING = idle_job(state=State.CLOSING)
OPENING = idle_job(state=State.OPENING, open_start=None, assigned=False)
ORPHAN = idle_job(configured=False, created=None)
LOST_ORPHAN = replace(ORPHAN, assigned=False, open_start=None)
SKIP = Ended.SKIPPED
PARKED = (Park, Reason.REQUEST_EXPIRED)


def short(step: Step) -> tuple[object, ...]:
    """Return a step as its kind and its reason."""
    match step:
        case End():
            return (step.ended, step.reason)
        case Wait() | HandOver():
            return (type(step), step.why)
        case Force():
            return (Force, step.evidence)
        case Park():
            return (Park, step.reason)
        case Close():
            return (Close, step.measured)


def aged(message: CloseMessage, **age: float) -> CloseMessage:
    """Return a message that was requested and sent this long ago."""
    return replace(message, requested_at=ago(**age), sent_at=ago(**age))


def ruled(role: Role, **rules: Any) -> Role:
    """Return the role under other rules."""
    return replace(role, rules=replace(role.rules, **rules))


def handed(message: CloseMessage, **age: float) -> CloseMessage:
    """Return a message that was handed to the ForceCloser this long ago."""
    return replace(message, handed_at=ago(**age), sent_at=ago(**age))


SWEEPS, PERSONS = sweeps_message(), persons_message()
ORDER = persons_message(force=True)
POSTED = replace(SWEEPS, posted_at=ago(minutes=1))
EXPIRED = aged(PERSONS, hours=25)
WATCH = sweeps_message(kind=Kind.WATCH)
HANGS = replace(ORDER, evidence=Evidence("closing", ago(days=10)))
SEEN_OPENING = sweeps_message(evidence=Evidence("opening"))
SEEN_CLOSING = handed(
    sweeps_message(requested_at=ago(hours=3), closing_seen_at=ago(hours=2)), hours=2
)
FOLLOWED = handed(
    replace(WATCH, requested_at=ago(hours=4), closing_seen_at=ago(hours=3)), hours=3
)

CLOSER_ROWS: dict[str, tuple[Job | None, CloseMessage, tuple[object, ...]]] = {
    "a deleted job": (None, SWEEPS, (SKIP, Reason.GONE)),
    "closed since the request": (
        closed_job(),
        SWEEPS,
        (Ended.CLOSED, Reason.IDLE_DATAFEED_STOPPED),
    ),
    "closed as a person asked": (
        closed_job(),
        PERSONS,
        (Ended.CLOSED, Reason.REQUESTED),
    ),
    "closed before the request": (
        closed_job(finished=ago(days=1)),
        SWEEPS,
        (SKIP, Reason.ALREADY_CLOSED),
    ),
    "closed, nobody knows when": (
        closed_job(finished=None),
        SWEEPS,
        (SKIP, Reason.ALREADY_CLOSED),
    ),
    "a watched job closed": (closed_job(), WATCH, (SKIP, Reason.ALREADY_CLOSED)),
    "opened after the request": (
        idle_job(open_start=ago(minutes=1)),
        PERSONS,
        (SKIP, Reason.REOPENED),
    ),
    "without a process when it was asked for, and started since": (
        idle_job(open_start=ago(minutes=1)),
        replace(PERSONS, evidence=Evidence("opened")),
        (SKIP, Reason.REOPENED),
    ),
    "created after the request": (
        failed_job(created=ago(minutes=1)),
        PERSONS,
        (SKIP, Reason.REOPENED),
    ),
    "idle": (idle_job(), SWEEPS, (Close, False)),
    "busy by now": (BUSY, SWEEPS, (SKIP, Reason.ACTIVE)),
    "busy, but a person asks": (BUSY, PERSONS, (Close, False)),
    "busy, and the request has expired (R2)": (BUSY, EXPIRED, PARKED),
    "failed, and the request has expired (R2)": (
        failed_job(),
        EXPIRED,
        PARKED,
    ),
    "opening, and the request has expired (R2)": (
        OPENING,
        replace(EXPIRED, evidence=Evidence("opening")),
        PARKED,
    ),
    "idle, but its owner wants to be told only, and it has expired (R2)": (
        idle_job(owner=Owner(mode=OwnerMode.NOTIFY)),
        EXPIRED,
        PARKED,
    ),
    "a week old, redriven, and busy (R2)": (BUSY, aged(PERSONS, days=7), PARKED),
    "idle, and the request has expired": (idle_job(), EXPIRED, (Close, False)),
    "protected, and the request has expired": (
        idle_job(managed=True),
        EXPIRED,
        (SKIP, Reason.MANAGED),
    ),
    "opening since it was seen": (OPENING, SEEN_OPENING, (SKIP, Reason.OPENING)),
    "opening, opened when the Sweeper saw it (R3)": (
        OPENING,
        aged(PERSONS, hours=2),
        (SKIP, Reason.REOPENED),
    ),
    "opening, failed when the Sweeper saw it (R3)": (
        OPENING,
        replace(PERSONS, evidence=Evidence("failed")),
        (SKIP, Reason.REOPENED),
    ),
    "opening, closing when the Sweeper saw it (R3)": (
        OPENING,
        replace(ORDER, evidence=Evidence("closing")),
        (SKIP, Reason.REOPENED),
    ),
    "opening, and a person asked for it a moment ago (R3)": (
        OPENING,
        replace(SEEN_OPENING, only_if_idle=False),
        (Wait, Reason.OPENING),
    ),
    "opening for a quarter of an hour since a person asked (R3)": (
        OPENING,
        aged(replace(SEEN_OPENING, only_if_idle=False), minutes=15),
        (Close, False),
    ),
    "opening, and read long after it was asked for (R3)": (
        OPENING,
        aged(persons_message(evidence=Evidence()), hours=2),
        (Wait, Reason.OPENING),
    ),
    "managed by now": (idle_job(managed=True), PERSONS, (SKIP, Reason.MANAGED)),
    "kept by its owner by now": (
        idle_job(groups=("idle-closer-keep",)),
        ORDER,
        (SKIP, Reason.KEPT_BY_OWNER),
    ),
    "unknown ends a sweep's wish": (
        idle_job(open_start=None),
        SWEEPS,
        (SKIP, Reason.UNKNOWN),
    ),
    "unknown keeps a person waiting": (
        idle_job(open_start=None),
        PERSONS,
        (Wait, Reason.UNKNOWN),
    ),
    "upgrade mode ends a sweep's wish": (
        idle_job(upgrade_mode=True),
        SWEEPS,
        (SKIP, Reason.UPGRADE_MODE),
    ),
    "upgrade mode keeps even an order waiting": (
        idle_job(upgrade_mode=True),
        ORDER,
        (Wait, Reason.UPGRADE_MODE),
    ),
    "blocked keeps a person waiting": (
        idle_job(blocked="revert"),
        PERSONS,
        (Wait, Reason.BLOCKED),
    ),
    "deleting ends it": (idle_job(deleting=True), PERSONS, (SKIP, Reason.DELETING)),
    "an orphan": (ORPHAN, PERSONS, (SKIP, Reason.ORPHAN)),
    "an orphan that is ordered": (ORPHAN, ORDER, (HandOver, Reason.FORCE_ORDERED)),
    "an orphan, and the order has expired (R2)": (
        ORPHAN,
        aged(ORDER, hours=25),
        PARKED,
    ),
    "an order closes gently first (R13)": (BUSY, ORDER, (Close, False)),
    "an order for a job closing since then (R13)": (
        CLOSING,
        ORDER,
        (Wait, Reason.STILL_CLOSING),
    ),
    "an order for a job that was closing already (R13)": (
        CLOSING,
        HANGS,
        (HandOver, Reason.FORCE_ORDERED),
    ),
    "an order for one that closes anew, with newer data (R13)": (
        idle_job(state=State.CLOSING, last_data=ago(minutes=1)),
        HANGS,
        (Wait, Reason.STILL_CLOSING),
    ),
    "an order for a failed job (R13)": (
        failed_job(newest_clock=NOW),
        ORDER,
        (HandOver, Reason.FAILED),
    ),
    "an order that has expired (R2)": (BUSY, aged(ORDER, hours=25), PARKED),
    "failed in our hands": (failed_job(), POSTED, (HandOver, Reason.FAILED)),
    "failed before its first look (R6)": (failed_job(), SWEEPS, (SKIP, Reason.FAILED)),
    "failed after a pause of an hour (R6)": (
        failed_job(),
        aged(SWEEPS, hours=1),
        (SKIP, Reason.FAILED),
    ),
    "failed long after it was posted": (
        failed_job(),
        aged(POSTED, hours=1),
        (HandOver, Reason.FAILED),
    ),
    "posted, closed since then, opened and failed (R6)": (
        failed_job(finished=ago(minutes=1)),
        replace(aged(SWEEPS, hours=1), posted_at=ago(minutes=30)),
        (SKIP, Reason.FAILED),
    ),
    "failed after new data": (
        failed_job(last_data=ago(days=9)),
        SWEEPS,
        (SKIP, Reason.FAILED),
    ),
    "failed with its datafeed started": (
        failed_job(datafeed=feed("started")),
        SWEEPS,
        (SKIP, Reason.FAILED),
    ),
    "failed in our hands, never fed": (
        failed_job(last_data=None, records=0),
        replace(POSTED, evidence=Evidence("opened")),
        (HandOver, Reason.FAILED),
    ),
    "fed for the first time, then failed": (
        failed_job(),
        sweeps_message(evidence=Evidence("opened")),
        (SKIP, Reason.FAILED),
    ),
    "failed, and nobody saw it before": (
        failed_job(),
        sweeps_message(evidence=None),
        (SKIP, Reason.FAILED),
    ),
    "failed while others closed it": (failed_job(), WATCH, (SKIP, Reason.FAILED)),
    "failed, and a person names it": (
        failed_job(newest_clock=NOW),
        PERSONS,
        (HandOver, Reason.FAILED),
    ),
    "closing": (CLOSING, SWEEPS, (Wait, Reason.STILL_CLOSING)),
    "closing for half an hour": (
        CLOSING,
        aged(SWEEPS, minutes=30),
        (HandOver, Reason.STILL_CLOSING),
    ),
    "a watched job open again": (idle_job(), WATCH, (SKIP, Reason.REOPENED)),
    "open after three hours of pause: tried first": (
        idle_job(),
        aged(SWEEPS, hours=9),
        (Close, False),
    ),
    "a person has waited for three hours": (
        idle_job(upgrade_mode=True),
        aged(PERSONS, hours=3),
        (HandOver, Reason.UPGRADE_MODE),
    ),
}


@pytest.mark.parametrize(
    ("job", "message", "expected"), CLOSER_ROWS.values(), ids=CLOSER_ROWS.keys()
)
def test_each_look_of_the_closer(
    job: Job | None, message: CloseMessage, expected: tuple[object, ...]
) -> None:
    """The Closer closes gently, waits, ends or hands over; it never forces."""
    step = next_step(job, message, NOW, CLOSER)

    assert expected == short(step)


FORCER_ROWS: dict[str, tuple[Job | None, CloseMessage, tuple[object, ...]]] = {
    "an order closes gently first (R13)": (BUSY, ORDER, (Close, False)),
    "an order for a job that was closing already (R13)": (
        CLOSING,
        handed(HANGS, minutes=10),
        (Force, Reason.FORCE_ORDERED),
    ),
    "an order for a job that has just begun to close (R13)": (
        CLOSING,
        handed(HANGS, minutes=9),
        (Wait, Reason.STILL_CLOSING),
    ),
    "an order for a job that was closing, and is open (R13)": (
        BUSY,
        handed(HANGS, minutes=10),
        (SKIP, Reason.REOPENED),
    ),
    "an order for an orphan": (ORPHAN, ORDER, (Force, Reason.FORCE_ORDERED)),
    "an order for one without a node": (
        LOST_ORPHAN,
        ORDER,
        (Force, Reason.FORCE_ORDERED),
    ),
    "an order for a protected job": (
        idle_job(managed=True),
        ORDER,
        (SKIP, Reason.MANAGED),
    ),
    "an expired order (R2)": (BUSY, aged(ORDER, hours=25), PARKED),
    "an expired order for a failed job (R2)": (
        failed_job(),
        aged(ORDER, hours=25),
        PARKED,
    ),
    "failed in our hands": (failed_job(), POSTED, (Force, Reason.FAILED)),
    "failed in our hands, seen closing": (
        failed_job(),
        SEEN_CLOSING,
        (Force, Reason.FAILED),
    ),
    "failed, and never posted (R6)": (
        failed_job(),
        handed(SWEEPS, minutes=1),
        (SKIP, Reason.FAILED),
    ),
    "failed, and a person names it": (failed_job(), PERSONS, (Force, Reason.FAILED)),
    "failed by itself": (
        failed_job(),
        sweeps_message(evidence=Evidence("failed", ago(days=10))),
        (SKIP, Reason.FAILED),
    ),
    "dead-lettered without evidence": (idle_job(), SWEEPS, (Close, False)),
    "open, just handed over": (
        idle_job(),
        handed(PERSONS, minutes=90),
        (Close, False),
    ),
    "open two hours after it was handed over": (
        idle_job(),
        handed(PERSONS, hours=2),
        (Close, True),
    ),
    "closing, never seen so by the Closer": (
        CLOSING,
        handed(aged(SWEEPS, hours=9), hours=8),
        (Wait, Reason.STILL_CLOSING),
    ),
    "closing two hours after it was seen so": (
        CLOSING,
        SEEN_CLOSING,
        (Force, Reason.STILL_CLOSING),
    ),
    "closing a moment less than two hours": (
        CLOSING,
        replace(SEEN_CLOSING, closing_seen_at=ago(hours=2) + timedelta(seconds=1)),
        (Wait, Reason.STILL_CLOSING),
    ),
    "closing within the request's own timeout": (
        CLOSING,
        replace(SEEN_CLOSING, timeout="3h"),
        (Wait, Reason.STILL_CLOSING),
    ),
    "closing in upgrade mode": (
        idle_job(state=State.CLOSING, upgrade_mode=True),
        SEEN_CLOSING,
        (SKIP, Reason.UPGRADE_MODE),
    ),
    "closing, protected by now": (
        idle_job(state=State.CLOSING, managed=True),
        SEEN_CLOSING,
        (SKIP, Reason.MANAGED),
    ),
    "closing again after it was opened anew": (
        idle_job(state=State.CLOSING, open_start=ago(hours=1)),
        SEEN_CLOSING,
        (SKIP, Reason.REOPENED),
    ),
    "closing again after data that came since it was seen so": (
        idle_job(state=State.CLOSING, open_start=None, last_data=ago(minutes=90)),
        SEEN_CLOSING,
        (Wait, Reason.STILL_CLOSING),
    ),
    "a watched job that closed by itself": (
        closed_job(finished=ago(minutes=61)),
        FOLLOWED,
        (SKIP, Reason.ALREADY_CLOSED),
    ),
    "a watched job that an unproved force may have closed": (
        closed_job(finished=ago(minutes=59)),
        FOLLOWED,
        (Ended.CLOSED, Reason.IDLE_DATAFEED_STOPPED),
    ),
    "a watched job that was never seen to hang": (
        closed_job(finished=ago(minutes=59)),
        replace(FOLLOWED, closing_seen_at=None),
        (SKIP, Reason.ALREADY_CLOSED),
    ),
    "a watched job that was dead-lettered": (
        closed_job(),
        WATCH,
        (SKIP, Reason.ALREADY_CLOSED),
    ),
    "a person's wish after a day": (
        idle_job(upgrade_mode=True),
        handed(persons_message(requested_at=ago(hours=27)), hours=24),
        (Park, Reason.UPGRADE_MODE),
    ),
    "a sweep's own wish after a day": (
        CLOSING,
        handed(sweeps_message(requested_at=ago(hours=27)), hours=24),
        (SKIP, Reason.COULD_NOT_CLOSE),
    ),
    "dead-lettered a day ago counts from its sending": (
        CLOSING,
        aged(SWEEPS, hours=24),
        (SKIP, Reason.COULD_NOT_CLOSE),
    ),
}


@pytest.mark.parametrize(
    ("job", "message", "expected"), FORCER_ROWS.values(), ids=FORCER_ROWS.keys()
)
def test_each_look_of_the_force_closer(
    job: Job | None, message: CloseMessage, expected: tuple[object, ...]
) -> None:
    """The ForceCloser forces on evidence only, and ends what is too old."""
    step = next_step(job, message, NOW, FORCER)

    assert expected == short(step)


@pytest.mark.parametrize(
    ("minutes", "ended"), [(179, Ended.CLOSED), (181, SKIP)], ids=["since", "before"]
)
def test_a_watched_job_that_failed_may_have_been_forced_at_once(
    minutes: float, ended: object
) -> None:
    """Where ForceFailed is on: from when it came to the ForceCloser."""
    job = closed_job(finished=ago(minutes=minutes))
    step = next_step(job, FOLLOWED, NOW, ruled(FORCER, force_failed=True))

    assert short(step)[0] == ended


def test_failed_jobs_of_a_sweep_need_their_switch() -> None:
    """A job that failed by itself is forced only where ForceFailed is on."""
    message = sweeps_message(evidence=Evidence("failed", ago(days=10)))
    step = next_step(failed_job(), message, NOW, ruled(FORCER, force_failed=True))

    assert short(step) == (Force, Reason.FAILED)


@pytest.mark.parametrize(
    "job",
    [BUSY, CLOSING, idle_job(), OPENING],
    ids=["busy", "closing", "idle", "opening"],
)
def test_an_order_forces_at_once_where_the_operator_allows_it(job: Job) -> None:
    """With ForceOrders `allowed`, whatever the job does (R13)."""
    order = replace(ORDER, evidence=Evidence(str(job.state)))
    closer, forcer = (ruled(r, force_orders="allowed") for r in (CLOSER, FORCER))
    steps = [next_step(job, order, NOW, rules) for rules in (closer, forcer)]

    assert [short(step) for step in steps] == [
        (HandOver, Reason.FORCE_ORDERED),
        (Force, Reason.FORCE_ORDERED),
    ]


@pytest.mark.parametrize("evidence", [Evidence(), None], ids=["late", "none"])
def test_no_order_forces_a_job_that_may_have_been_opened_since(
    evidence: Evidence | None,
) -> None:
    """Read long after it was ordered, and opening: nobody can tell (R3)."""
    order = replace(aged(ORDER, hours=2), evidence=evidence)
    allowed = [ruled(r, force_orders="allowed") for r in (CLOSER, FORCER)]
    steps = [next_step(OPENING, order, NOW, rules) for rules in allowed]

    assert [short(step) for step in steps] == [(Wait, Reason.OPENING)] * 2


def test_protection_outranks_an_order_that_is_allowed() -> None:
    """No setting lets an order force what its owner keeps (R13)."""
    allowed = ruled(FORCER, force_orders="allowed")
    step = next_step(idle_job(managed=True), ORDER, NOW, allowed)

    assert short(step) == (SKIP, Reason.MANAGED)


GENTLE, MEASURED = Close(idle_job(), "30m"), Close(idle_job(), "30s", measured=True)
FORCED = Force(CLOSING, Reason.STILL_CLOSING)
OLD = aged(PERSONS, hours=3)
LATE = aged(PERSONS, hours=23, minutes=55)
ANSWERS: dict[str, tuple[Any, ClusterError, CloseMessage, Role, tuple[object, ...]]] = {
    "issued": (GENTLE, LookAgain(""), SWEEPS, CLOSER, (Wait, Reason.STILL_CLOSING)),
    "unavailable": (
        GENTLE,
        TryLater(""),
        SWEEPS,
        CLOSER,
        (Wait, Reason.CLUSTER_UNAVAILABLE),
    ),
    "unavailable, the force too": (
        FORCED,
        TryLater(""),
        SWEEPS,
        FORCER,
        (Wait, Reason.CLUSTER_UNAVAILABLE),
    ),
    "throttled": (
        GENTLE,
        TryLater("", Reason.THROTTLED),
        SWEEPS,
        CLOSER,
        (Wait, Reason.THROTTLED),
    ),
    "refused": (GENTLE, Refused(""), SWEEPS, CLOSER, (Wait, Reason.CLUSTER_REFUSED)),
    "deleted": (GENTLE, Gone(""), SWEEPS, CLOSER, (SKIP, Reason.GONE)),
    "failed meanwhile": (
        GENTLE,
        JobFailed(""),
        SWEEPS,
        CLOSER,
        (HandOver, Reason.FAILED),
    ),
    "failed meanwhile, at the ForceCloser": (
        GENTLE,
        JobFailed(""),
        SWEEPS,
        FORCER,
        (Force, Reason.FAILED),
    ),
    "its datafeed would not stop": (
        GENTLE,
        DatafeedWouldNotStop(""),
        PERSONS,
        FORCER,
        (Wait, Reason.DATAFEED_WOULD_NOT_STOP),
    ),
    "its datafeed would not stop, measured": (
        MEASURED,
        DatafeedWouldNotStop(""),
        PERSONS,
        FORCER,
        (Force, Reason.DATAFEED_WOULD_NOT_STOP),
    ),
    "a bad request of a person": (
        GENTLE,
        BadRequest(""),
        PERSONS,
        CLOSER,
        (Park, Reason.BAD_REQUEST),
    ),
    "a bad request of a sweep": (
        GENTLE,
        BadRequest(""),
        SWEEPS,
        CLOSER,
        (SKIP, Reason.COULD_NOT_CLOSE),
    ),
    "tried at last, after hours": (
        GENTLE,
        LookAgain(""),
        OLD,
        CLOSER,
        (HandOver, Reason.STILL_CLOSING),
    ),
    "unavailable for hours, a sweep's wish": (
        GENTLE,
        TryLater(""),
        aged(SWEEPS, hours=3),
        CLOSER,
        (SKIP, Reason.CLUSTER_UNAVAILABLE),
    ),
    "unavailable for hours, a person's wish": (
        GENTLE,
        TryLater(""),
        OLD,
        CLOSER,
        (HandOver, Reason.CLUSTER_UNAVAILABLE),
    ),
    "the last answer before the request expires (R2)": (
        Close(BUSY, "30m"),
        TryLater("503", Reason.SERVER_ERROR),
        LATE,
        CLOSER,
        (HandOver, Reason.SERVER_ERROR),
    ),
    "the last answer to the ForceCloser before it expires (R2)": (
        Close(BUSY, "30m"),
        TryLater("503", Reason.SERVER_ERROR),
        replace(LATE, handed_at=ago(hours=20)),
        FORCER,
        PARKED,
    ),
    "the last refusal before it expires (R2)": (
        Close(BUSY, "30m"),
        Refused("401"),
        replace(LATE, handed_at=ago(hours=20)),
        FORCER,
        PARKED,
    ),
    "issued, as the request expires": (
        Close(BUSY, "30m"),
        LookAgain(""),
        replace(LATE, handed_at=ago(hours=20)),
        FORCER,
        (Wait, Reason.STILL_CLOSING),
    ),
    "an idle job, as the request expires": (
        GENTLE,
        TryLater("503", Reason.SERVER_ERROR),
        replace(LATE, handed_at=ago(hours=20)),
        FORCER,
        (Wait, Reason.SERVER_ERROR),
    ),
    "the force is refused for a day": (
        FORCED,
        TryLater(""),
        handed(PERSONS, hours=24),
        FORCER,
        (Park, Reason.CLUSTER_UNAVAILABLE),
    ),
}


@pytest.mark.parametrize(
    ("step", "error", "message", "rules", "expected"),
    ANSWERS.values(),
    ids=ANSWERS.keys(),
)
def test_each_answer_to_a_post(
    step: Close | Force,
    error: ClusterError,
    message: CloseMessage,
    rules: Role,
    expected: tuple[object, ...],
) -> None:
    """An answer that is not a closed job leads on, and only evidence leads to force."""
    after = after_answer(step, error, message, NOW, rules)

    assert expected == short(after)


def test_an_expired_request_says_what_kept_it() -> None:
    """The verdict of its last look, or what the cluster answered to it (R2)."""
    by_job = next_step(BUSY, EXPIRED, NOW, FORCER)
    error = TryLater("503 of a proxy", Reason.SERVER_ERROR)
    late = replace(LATE, handed_at=ago(hours=20))
    by_cluster = after_answer(Close(BUSY, "30m"), error, late, NOW, FORCER)

    assert isinstance(by_job, Park)
    assert isinstance(by_cluster, Park)
    assert [by_job.detail, by_cluster.detail] == [
        "unfinished after 1d: active: quiet for 1m, idle after 2d",
        "unfinished after 1d: server_error: 503 of a proxy",
    ]


PROOFS: dict[str, tuple[Close | Force, Job | None, tuple[object, ...]]] = {
    "closed": (GENTLE, closed_job(), (Ended.CLOSED, Reason.IDLE_DATAFEED_STOPPED)),
    "closed, by a clock that runs late": (
        GENTLE,
        closed_job(finished=ago(hours=1)),
        (Ended.CLOSED, Reason.IDLE_DATAFEED_STOPPED),
    ),
    "forced": (FORCED, closed_job(), (Ended.FORCE_CLOSED, Reason.STILL_CLOSING)),
    "not closed after all": (GENTLE, idle_job(), (Wait, Reason.STILL_CLOSING)),
    "failed in its close (R6)": (GENTLE, failed_job(), (HandOver, Reason.FAILED)),
    "not closed by force": (
        FORCED,
        idle_job(state=State.CLOSING),
        (Wait, Reason.STILL_CLOSING),
    ),
    "deleted": (GENTLE, None, (SKIP, Reason.GONE)),
    "an orphan, forced": (
        Force(ORPHAN, Reason.FORCE_ORDERED),
        None,
        (Ended.FORCE_CLOSED, Reason.FORCE_ORDERED),
    ),
}


@pytest.mark.parametrize(
    ("step", "job", "expected"), PROOFS.values(), ids=PROOFS.keys()
)
def test_a_success_has_to_be_proved(
    step: Close | Force, job: Job | None, expected: tuple[object, ...]
) -> None:
    """A 200 ends a message only when the job, read once more, is closed."""
    after = after_success(step, job, POSTED, NOW, CLOSER)

    assert expected == short(after)


@pytest.mark.parametrize(
    ("age", "least", "most"), [(0, 13.5, 16.5), (100, 90, 110), (5000, 810, 990)]
)
def test_looks_follow_the_age(age: float, least: float, most: float) -> None:
    """A wait is the age, from 15 s to 900 s, give or take a tenth."""
    step = next_step(CLOSING, sweeps_message(sent_at=ago(seconds=age)), NOW, CLOSER)

    assert isinstance(step, Wait)
    assert least <= step.after.total_seconds() <= most


def test_an_unread_cluster_sends_everything_back_for_a_quarter_of_an_hour() -> None:
    """Nothing is known and nothing is tried, however young the message is."""
    step = unread(TryLater("down"), SWEEPS, NOW, CLOSER)

    assert isinstance(step, Wait)
    assert 810 <= step.after.total_seconds() <= 990
    assert step.why is Reason.CLUSTER_UNAVAILABLE


@pytest.mark.parametrize(
    ("seconds", "expected"), [(5, (Close, False)), (6, (SKIP, Reason.REOPENED))]
)
def test_a_request_is_spent_five_seconds_after(
    seconds: int, expected: tuple[object, ...]
) -> None:
    """`open_time` tells whole seconds, and clocks differ: five are forgiven."""
    opened = PERSONS.requested_at + timedelta(seconds=seconds)
    step = next_step(idle_job(open_start=opened), PERSONS, NOW, CLOSER)

    assert expected == short(step)


@pytest.mark.parametrize(
    ("evidence", "handed_over", "why"),
    [
        (Reason.FAILED, timedelta(hours=3), Reason.FAILED),
        (Reason.DATAFEED_WOULD_NOT_STOP, timedelta(), Reason.DATAFEED_WOULD_NOT_STOP),
    ],
)
def test_a_409_that_no_longer_fits_the_job_forces_nothing(
    evidence: Reason, handed_over: timedelta, why: Reason
) -> None:
    """A job that is open after all, or a try that was not measured, is closed later."""
    message = replace(persons_message(), handed_at=NOW - handed_over)

    step = after_evidence(evidence, idle_job(), message, NOW, FORCER)

    assert isinstance(step, Wait)
    assert why == step.why


@pytest.mark.parametrize(("minutes", "step"), [(29, Wait), (30, HandOver)])
def test_a_close_that_waited_for_room_is_not_long_closing_when_it_is_posted(
    minutes: int, step: type[Step]
) -> None:
    """It has half an hour from its post on, however old its request is."""
    old = ago(hours=2)
    message = sweeps_message(
        requested_at=old, sent_at=old, posted_at=ago(minutes=minutes)
    )

    assert isinstance(next_step(CLOSING, message, NOW, CLOSER), step)
