"""What no job, message, answer or body whatever may bring about."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOW, ago, idle_job
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
from idle_jobs.messages.terms import Kind, Origin
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason
from idle_jobs.steps.after_post import after_answer
from idle_jobs.steps.deadlines import unread, wait_or_give_up
from idle_jobs.steps.next_step import is_explicit, next_step
from idle_jobs.steps.role import Role
from idle_jobs.steps.step import Close, End, Force, HandOver, Park, Step, Wait
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_busy, add_idle
from standin.cluster import Cluster

times = st.none() | st.timedeltas(timedelta(hours=-1), timedelta(days=40)).map(
    lambda age: NOW - age
)
past = st.timedeltas(timedelta(0), timedelta(days=2)).map(lambda age: NOW - age)
feeds = st.none() | st.builds(
    Datafeed,
    datafeed_id=st.just("feed"),
    state=st.sampled_from(["stopped", "started", "starting", "stopping"]),
    real_time_running=st.none() | st.booleans(),
    assigned=st.booleans(),
    explanation=st.sampled_from(
        ["", "no such index", "a feature reset is in progress"]
    ),
)
spans = st.timedeltas(timedelta(hours=1), timedelta(days=30))
owners = st.builds(
    Owner,
    mode=st.none() | st.sampled_from(OwnerMode),
    idle_after=st.none() | spans,
    keep_open_until=times,
    problem=st.sampled_from(["", "odd"]),
)
wild_jobs = st.builds(
    Job,
    job_id=st.just("web"),
    state=st.none() | st.sampled_from(State),
    configured=st.booleans(),
    created=times,
    finished=times,
    open_start=times,
    last_data=times,
    newest_clock=times,
    records=st.sampled_from([0, 9]),
    groups=st.sampled_from([(), ("idle-closer-keep",)]),
    managed=st.booleans(),
    owner=owners,
    datafeed=feeds,
    blocked=st.sampled_from(["", "reset"]),
    deleting=st.booleans(),
    assigned=st.booleans(),
    forecasts=st.sampled_from([0, 1]),
    upgrade_mode=st.booleans(),
    explanation=st.sampled_from(["", "no node", "a feature reset is in progress"]),
    bucket_span=st.none() | spans,
    functions=st.sampled_from([(), ("mean",), ("count",)]),
    problems=st.sampled_from([(), ("odd",)]),
    came_back=st.sampled_from([(), (NOW,), (NOW, NOW)]),
)
# Near to an idle job, so that closes and forces are met often enough.
near_jobs = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["opened", "closing", "failed"]).map(State),
        "last_data": times,
        "open_start": times,
        "datafeed": feeds,
        "assigned": st.booleans(),
        "managed": st.booleans(),
    },
).map(lambda changes: idle_job(**changes))
jobs = wild_jobs | near_jobs
evidence = st.none() | st.builds(
    Evidence,
    state=st.sampled_from(["opened", "closing", "failed", ""]),
    last_activity=times,
    open_start=times,
    datafeed_state=st.sampled_from(["stopped", "started", ""]),
)
messages = st.builds(
    CloseMessage,
    cluster=st.just("test"),
    request_id=st.just("r"),
    job_id=st.just("web"),
    requested_at=past,
    kind=st.sampled_from([Kind.CLOSE, Kind.WATCH]),
    origin=st.sampled_from(Origin),
    only_if_idle=st.booleans(),
    force=st.booleans(),
    timeout=st.sampled_from(["30m", "5h"]),
    reason=st.sampled_from(["", "idle_datafeed_stopped"]),
    evidence=evidence,
    closing_seen_at=st.none() | past,
    handed_at=st.none() | past,
    sent_at=past,
)
rules = st.builds(
    Rules,
    force_failed=st.booleans(),
    force_orders=st.sampled_from(["evidence", "allowed"]),
    close_jobs_without_datafeed=st.booleans(),
    close_dry_datafeeds=st.booleans(),
    idle_after=spans,
    never_fed_after=spans,
    dry_after=spans,
    reopen_grace=spans,
    include_managed_jobs=st.booleans(),
    managed_jobs_allowed=st.sampled_from([(), ("web",)]),
    keep_patterns=st.sampled_from([(), ("w*",)]),
)
roles = st.builds(Role, rules, may_force=st.booleans())
errors = st.sampled_from(
    [
        LookAgain(""),
        TryLater(""),
        TryLater("", Reason.THROTTLED),
        TryLater("", Reason.UPGRADE_MODE),
        TryLater("", Reason.SERVER_ERROR),
        Gone(""),
        JobFailed(""),
        DatafeedWouldNotStop(""),
        Refused(""),
        BadRequest(""),
    ]
)


def has_evidence(job: Job, message: CloseMessage, given: Role) -> bool:
    """Tell, in words of its own, whether one of the four evidences is there."""
    waited = max(given.rules.force_after, message.close_timeout)
    seen = message.closing_seen_at
    begun = message.evidence is not None and message.evidence.state == "closing"
    hangs = begun and job.state is State.CLOSING
    enough = given.rules.force_orders == "allowed" or not job.configured or hangs
    ordered = message.force and is_explicit(message, NOW, given) and enough
    stuck = job.state is State.CLOSING and seen is not None and NOW - seen >= waited
    return job.state is State.FAILED or stuck or ordered


@given(st.none() | jobs, messages, roles)
def test_force_is_only_ever_chosen_on_evidence(
    job: Job | None, message: CloseMessage, role: Role
) -> None:
    """And only by the ForceCloser, whatever the ages and counters are."""
    step = next_step(job, message, NOW, role)

    if isinstance(step, Force):
        assert role.may_force
        assert job is not None
        assert has_evidence(job, message, role)


@given(jobs, messages, roles)
def test_nothing_is_posted_for_an_unknown_or_protected_job(
    job: Job, message: CloseMessage, role: Role
) -> None:
    """Neither a person nor evidence overrides these."""
    step = next_step(job, message, NOW, role)
    verdict = judge(job, NOW, role.rules)
    never = {
        Reason.UNKNOWN,
        Reason.MANAGED,
        Reason.KEPT_BY_OWNER,
        Reason.UPGRADE_MODE,
        Reason.RESET_MODE,
        Reason.BLOCKED,
        Reason.DELETING,
    }

    assert not (isinstance(step, Close | Force) and verdict.reason in never)


@given(jobs, messages, roles)
def test_a_busy_job_is_closed_only_for_a_person(
    job: Job, message: CloseMessage, role: Role
) -> None:
    """A gentle close without a person needs the policy's word that it is idle."""
    step = next_step(job, message, NOW, role)

    if isinstance(step, Close) and not is_explicit(message, NOW, role):
        assert judge(job, NOW, role.rules).action == "close"


def is_unread(job: Job) -> bool:
    """Tell, in words of its own, whether something is missing or contradictory."""
    missing = job.state is None or (job.configured and not job.created)
    live = job.open_start and (job.assigned or not job.explanation)
    lost = job.state is State.OPENED and job.configured and not live
    future = [t for t in (job.created, job.last_data) if t and t > NOW]
    unfed = bool(job.records and not job.last_data)
    early = job.created and job.last_data and job.last_data < job.created
    return any((job.problems, missing, lost, future, unfed, early))


@given(jobs, roles)
def test_a_job_is_unknown_only_where_something_is_unread(job: Job, role: Role) -> None:
    """Every job has a verdict; no combination of known values is a riddle (F9)."""
    verdict = judge(job, NOW, role.rules)

    assert verdict.reason is not Reason.UNKNOWN or is_unread(job)


@given(near_jobs, owners, roles, st.sampled_from([0, 9]))
def test_an_opened_job_that_is_read_is_never_unknown(
    job: Job, owner: Owner, role: Role, records: int
) -> None:
    """The same for opened jobs with live stats, of which few are drawn above (F9)."""
    created, fed = NOW - timedelta(days=50), job.last_data or NOW - timedelta(days=9)
    live = replace(
        job,
        state=State.OPENED,
        created=created,
        open_start=job.open_start or created,
        last_data=min(fed, NOW) if records else None,
        records=records,
        assigned=True,
        owner=owner,
    )

    assert Reason.UNKNOWN is not judge(live, NOW, role.rules).reason


# Protected, gone, or somebody else's by now: why a person's message may be skipped.
WHY_A_PERSON_IS_SKIPPED = {
    Reason.ALREADY_CLOSED,
    Reason.ORPHAN,
    Reason.DELETING,
    Reason.MANAGED,
    Reason.KEPT_BY_OWNER,
    Reason.GONE,
    Reason.REOPENED,
}
limits = st.timedeltas(timedelta(hours=1), timedelta(days=2))


@given(st.none() | jobs, errors, messages, roles, limits, limits)
def test_a_persons_message_is_never_dropped_in_silence(  # noqa: PLR0917 - drawn
    job: Job | None,
    error: ClusterError,
    message: CloseMessage,
    role: Role,
    expires: timedelta,
    parks: timedelta,
) -> None:
    """However old it is and whatever keeps its job, a person hears of it (R2)."""
    asked = replace(message, only_if_idle=False, kind=Kind.CLOSE)
    limited = replace(
        role,
        rules=replace(role.rules, request_expires_after=expires, park_after=parks),
    )
    ends = (
        look(job, error, asked, limited),
        unread(error, asked, NOW, limited),
        wait_or_give_up(error.reason, asked, NOW, limited),
    )
    skipped = {e.reason for e in ends if isinstance(e, End) and e.ended == "skipped"}

    assert skipped <= WHY_A_PERSON_IS_SKIPPED


@given(messages, roles, errors, st.booleans())
def test_no_answer_but_one_leads_to_force(
    message: CloseMessage, role: Role, error: ClusterError, measured: bool
) -> None:
    """A datafeed that would not stop in a measured try, or the job's own failure."""
    post = Close(idle_job(), "30m", measured=measured)
    step = after_answer(post, error, message, NOW, role)

    if isinstance(step, Force):
        assert isinstance(error, JobFailed | DatafeedWouldNotStop)
        assert measured or isinstance(error, JobFailed)


@given(messages, roles, errors)
def test_an_unread_cluster_posts_nothing(
    message: CloseMessage, role: Role, error: ClusterError
) -> None:
    """It waits, or is handed over, or ends."""
    step = unread(error, message, NOW, role)

    assert not isinstance(step, Close | Force)


def look(
    job: Job | None, error: ClusterError, message: CloseMessage, given: Role
) -> Step:
    """Take one look at a message at NOW, a post answered by an error."""
    step = next_step(job, message, NOW, given)
    while isinstance(step, Close | Force):
        step = after_answer(step, error, message, NOW, given)
    return step


def older(message: CloseMessage, wait: timedelta) -> CloseMessage:
    """Return the message after a wait: NOW stands, so its times move back."""
    marks = ("requested_at", "sent_at", "handed_at", "closing_seen_at")
    aged = {
        mark: getattr(message, mark) - wait for mark in marks if getattr(message, mark)
    }
    return replace(message, **aged)


@settings(max_examples=60, deadline=None)
@given(messages, st.lists(st.tuples(st.none() | jobs, errors), min_size=1, max_size=8))
def test_every_message_ends(
    message: CloseMessage, looks: list[tuple[Job | None, ClusterError]]
) -> None:
    """Whatever jobs and answers it meets, in turn and for ever, within 28 hours."""
    message = replace(message, sent_at=NOW, handed_at=None, closing_seen_at=None)
    role, waited = Role(Rules()), timedelta(0)
    for turn in range(500):
        step = look(*looks[turn % len(looks)], message, role)
        if isinstance(step, End | Park):
            return
        if isinstance(step, HandOver):
            role = Role(Rules(), may_force=True)
            seen = NOW if step.closing_seen else message.closing_seen_at
            message = replace(message, sent_at=NOW, handed_at=NOW, closing_seen_at=seen)
            continue
        assert isinstance(step, Wait)
        message, waited = older(message, step.after), waited + step.after
        assert waited < timedelta(hours=28)
    pytest.fail("it never ended")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
NASTY_IDS = ["", " ", ",", "*", "**", "_all", "a*", "*,-web", "_all,web", "web,busy"]
NASTY_IDS += ["web", "busy", "team", "WEB", "..", "%2F", "web/_close", "web?force=true"]
NASTY_IDS += ["web\n", "w\u00e9b", "x" * 65]
nasty_ids = st.sampled_from(NASTY_IDS) | st.text(max_size=70)
requests = st.fixed_dictionaries(
    {"job_id": nasty_ids | json_values},
    optional={
        "only_if_idle": st.booleans() | json_values,
        "force": st.booleans() | json_values,
        "allow_no_match": st.booleans(),
        "timeout": st.sampled_from(["30m", "1s", "0s"]) | json_values,
        "version": st.integers(0, 2),
        "cluster": st.just("demo"),
        "request_id": st.text(max_size=5),
        "requested_at": st.just("2026-03-02T06:00:00Z") | json_values,
        "kind": st.sampled_from(["close", "watch", "odd"]),
        "mode": st.sampled_from(["close", "observe", "odd"]),
        "evidence": json_values,
    },
)
bodies = (
    requests.map(json.dumps)
    | json_values.map(json.dumps)
    | st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=50)
)


@pytest.fixture(scope="module")
def town() -> Iterator[Runner]:
    """Yield one stack for all examples: an idle job, a busy one, a failed one."""
    with Runner(Cluster(), START, DAILY) as runner:
        add_idle(runner)
        add_busy(runner, "busy", groups=("team",))
        add_idle(runner, "wreck", state="failed")
        yield runner


@pytest.mark.slow
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(queue=st.sampled_from(["RequestQueue", "CloseQueue", "ForceQueue"]), body=bodies)
def test_no_body_makes_a_close_of_anything_but_one_known_job(
    town: Runner, queue: str, body: str
) -> None:
    """Every path posted is exactly one known id; every message ends or waits."""
    town.queues.send(queue, body)
    for name in ("Sweeper", "Closer", "ForceCloser"):
        town.take_one(name)
    posted = [line.path for line in town.cluster.log if line.method == "POST"]
    ids = [
        unquote(match[1])
        for path in posted
        if (match := re.fullmatch(r"/_ml/anomaly_detectors/([^/?]+)/_close\?.*", path))
    ]

    assert len(ids) == len(posted)
    assert set(ids) <= {"web", "busy", "wreck"}
    assert town.errors == []
    assert town.metrics["RecordsBroken"] == 0
    town.cluster.log.clear()
    for job_id in ("web", "busy"):
        town.cluster.reopen_job(job_id, ago(days=300))
