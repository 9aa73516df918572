"""`idle-jobs doctor`: from here, and from the functions of a stack."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from commands.running import idle_jobs, on_cluster
from commands.terminal import run
from deployed import MAPPINGS, NAME, QUEUES, deployed, on_event, refuse, send
from idle_jobs.doctor.finding import Level
from idle_jobs_cli.stack.checks import CHECKS
from idle_jobs_cli.stack.stack import Stack
from local.runner import Runner
from local.schedule import DAILY
from stacks import START
from standin.cluster import API_KEY, Cluster

AROUND = ("AWS::Events::Rule", "AWS::SNS::Topic")
FUNCTIONS = ("Sweeper", "Closer", "ForceCloser", "Reopener")


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """Return the findings that were printed as JSON."""
    findings: list[dict[str, str]] = json.loads(capsys.readouterr().out)["findings"]
    return findings


def test_a_healthy_cluster_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Each hop is a line, and nothing is changed."""
    cluster = Cluster()

    assert on_cluster(cluster, "doctor", "--closes") == 0
    where, *lines, verdict = capsys.readouterr().out.splitlines()
    assert (where, verdict) == ("here", "12 checks are well.")
    assert {"ok"} == {line.split()[0] for line in lines}
    assert {"GET"} == {received.method for received in cluster.log}


LEVELS = {
    "something fails": (Cluster(keys=()), 1, "1 of 12 checks failed."),
    "something to look at": (Cluster(), 3, "11 checks are well, 1 to look at."),
}
LEVELS["something to look at"][0].ml_nodes = 0


@pytest.mark.parametrize(("cluster", "code", "verdict"), LEVELS.values(), ids=LEVELS)
def test_the_exit_code_is_that_of_the_worst(
    cluster: Cluster, code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure is 1, a warning 3; each has its next step below it."""
    assert on_cluster(cluster, "doctor") == code

    out = capsys.readouterr().out
    assert out.splitlines()[-1] == verdict
    assert "        -> " in out


def test_a_key_that_only_reads_does_not_close(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is enough for a plan, and not for a stack."""
    cluster = Cluster(keys={f"ApiKey {API_KEY}": ("monitor_ml",)})

    assert on_cluster(cluster, "doctor") == 0
    capsys.readouterr()
    assert on_cluster(cluster, "doctor", "--closes", "-o", "json") == 1
    failed = [line for line in told(capsys) if line["level"] == "fail"]
    assert [("here", "privileges")] == [(x["where"], x["check"]) for x in failed]


@pytest.fixture(scope="module")
def reports() -> dict[str, Any]:
    """Return what the functions really report of a cluster."""
    with Runner(Cluster(), START, DAILY) as runner:
        return {name: runner.call(name, {"doctor": True}) for name in FUNCTIONS}


@pytest.fixture
def ids(reports: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the ids of a stack whose functions report this, and nobody listens to."""

    def answer(params: dict[str, Any], **_: object) -> tuple[AWSResponse, Any]:
        name = next(n for n in reports if made[n] in params["url_path"])
        body = io.BytesIO(json.dumps(reports[name]).encode())
        return AWSResponse("", 200, HTTPHeaders(), None), {"Payload": body}

    with (
        deployed(*MAPPINGS, *AROUND) as made,
        on_event("before-call.lambda.Invoke", answer),
    ):
        yield made


def subscribe(ids: dict[str, str]) -> None:
    """Let somebody hear the alarms."""
    boto3.client("sns").subscribe(
        TopicArn=ids["AlarmTopic"], Protocol="email", Endpoint="ann@example.com"
    )


@pytest.mark.slow
def test_a_healthy_stack_is_well(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The stack from outside, and the cluster from each function."""
    subscribe(ids)

    assert idle_jobs("doctor", "--stack", NAME) == 0
    out = capsys.readouterr().out.splitlines()
    assert ["stack", *FUNCTIONS] == [line for line in out if line[0] != " "][:-1]
    assert out[-1] == "65 checks are well."


@pytest.mark.slow
def test_what_is_wrong_around_the_functions(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A disabled mapping, a disabled rule, a parked request, and no subscriber."""
    boto3.client("lambda").update_event_source_mapping(
        UUID=ids["CloserCloseMessages"], Enabled=False
    )
    boto3.client("events").disable_rule(Name=ids["SweepRule"])
    send(ids["ParkingQueue"], "{}")

    assert idle_jobs("doctor", "--stack", NAME, "-o", "json") == 1
    wrong = {x["check"]: x["saw"] for x in told(capsys) if x["level"] != "ok"}
    assert wrong == {
        "mappings": "not enabled: CloserCloseMessages",
        "schedule": "disabled, cron(0 * * * ? *) in UTC",
        "parked": "1 requests wait for you",
        "alarms": "nobody is subscribed",
    }


@pytest.mark.slow
def test_an_alarm_that_rings_between_two_sweeps_is_told() -> None:
    """SweepMissing waits for the longest time from a sweep to the next but one."""
    with deployed(*MAPPINGS, *AROUND, ScheduleExpression="rate(6 hours)"):
        checked = CHECKS["schedule"](Stack.find(NAME))

    assert checked.level is Level.WARN
    assert checked.saw.endswith("SweepMissing rings after 2h")
    assert checked.then == "set SweepAlarmHours to 12 or more"


@pytest.mark.slow
def test_the_topic_of_somebody_else_is_asked() -> None:
    """A stack that uses a topic that was there has none of its own."""
    topic = "arn:aws:sns:eu-west-1:123456789012:on-call"
    with deployed(*MAPPINGS, *AROUND, ExistingTopicArn=topic) as made:
        sns = boto3.client("sns")
        sns.create_topic(Name="on-call")
        nobody = CHECKS["alarms"](Stack.find(NAME))
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
        somebody = CHECKS["alarms"](Stack.find(NAME))

    assert "AlarmTopic" not in made
    assert (nobody.level, somebody.level) == (Level.WARN, Level.OK)


@pytest.mark.slow
def test_who_reads_the_digests_is_asked() -> None:
    """An address that was never confirmed gets none."""
    with deployed(*MAPPINGS, *AROUND, Digest="daily") as made:
        nobody = CHECKS["digests"](Stack.find(NAME))
        boto3.client("sns").subscribe(
            TopicArn=made["DigestTopic"], Protocol="email", Endpoint="ann@example.com"
        )
        somebody = CHECKS["digests"](Stack.find(NAME))

    assert (nobody.level, somebody.level) == (Level.WARN, Level.OK)
    assert nobody.then.endswith("else nobody reads a digest")


@pytest.mark.slow
@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_a_schedule_in_the_place_of_the_rule(state: str) -> None:
    """A stack with a time zone has no rule: EventBridge Scheduler is asked."""
    with deployed(*QUEUES):
        boto3.client("scheduler").create_schedule(
            Name="sweep",
            ScheduleExpression="cron(0 * * * ? *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            State=state,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": "arn:aws:lambda:x", "RoleArn": "arn:aws:iam::1:role/r"},
        )
        found = {"SweepSchedule": ("AWS::Scheduler::Schedule", "sweep")}
        checked = CHECKS["schedule"](Stack(NAME, found, START))

    level = Level.OK if state == "ENABLED" else Level.FAIL
    saw = f"{state.lower()}, cron(0 * * * ? *) in Europe/Berlin"
    assert (checked.level, checked.saw) == (level, saw)


@pytest.mark.slow
def test_what_may_not_be_asked_is_said(
    ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal of one question stops no other."""
    subscribe(ids)
    with refuse("sns.ListSubscriptionsByTopic", "AuthorizationError"):
        code = idle_jobs("doctor", "--stack", NAME, "-o", "json")
    (wrong,) = [x for x in told(capsys) if x["level"] != "ok"]

    assert (3, "alarms") == (code, wrong["check"])
    assert wrong["saw"] == "AWS refused to say: AuthorizationError"


def test_a_next_step_hangs_below_its_arrow_on_a_narrow_terminal() -> None:
    """Its other lines do not look like checks."""
    out = run("doctor", "--url", "https://127.0.0.1:1", out=40).out
    _, _, hint = out.partition("        -> ")
    first, second, *_ = hint.splitlines()

    assert len(first) <= 40 - len("        -> ")
    assert second.startswith(" " * 10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("report", "saw"),
    [
        ({"errorMessage": "2026 Task timed out"}, "2026 Task timed out"),
        ({"batchItemFailures": []}, "it gave no report"),
        (["odd"], "it gave no report"),
    ],
)
def test_a_function_without_a_report(  # noqa: PLR0917
    report: Any,
    saw: str,
    ids: dict[str, str],
    reports: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One that timed out, or that is older than the command."""
    subscribe(ids)
    monkeypatch.setitem(reports, "Closer", report)

    assert idle_jobs("doctor", "--stack", NAME, "-o", "json") == 1
    (wrong,) = [x for x in told(capsys) if x["level"] != "ok"]
    assert ("Closer", saw) == (wrong["where"], wrong["saw"])
    assert wrong["next"].endswith("older than this command has no doctor")
    if "errorMessage" in report:
        assert f"the log group /aws/lambda/{ids['Closer']};" in wrong["next"]
