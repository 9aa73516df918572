"""The settings: what the template gives them, and what they refuse."""

import re
from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from idle_jobs.elastic.transport import Timeouts
from idle_jobs.policy.quiet_hours import QuietHours
from idle_jobs.policy.rules import Rules
from idle_jobs.settings import VARIABLES, BadSettings, Settings, current
from local.intrinsics import load_template
from local.topology import TEMPLATE, Topology, environment_of

PARAMETERS = {"ClusterName": "drill", "ClusterUrl": "https://elastic.example/base"}
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:elastic"
RESOURCES = {
    "AWS::StackName": "drill",
    "RequestQueue": "https://sqs.eu-west-1.amazonaws.com/1/request",
    "CloseQueue": "https://sqs.eu-west-1.amazonaws.com/1/close",
    "ForceQueue": "https://sqs.eu-west-1.amazonaws.com/1/force",
    "ParkingQueue": "https://sqs.eu-west-1.amazonaws.com/1/parking",
    "Ledger": "drill-ledger",
}
FUNCTIONS = Topology.load().functions
ENVIRONMENT = environment_of(FUNCTIONS["Closer"], PARAMETERS, RESOURCES)


def settings(**changes: str) -> Settings:
    """Return the settings of the template's environment with variables changed."""
    return Settings.from_env(ENVIRONMENT | changes)


def test_the_template_says_it_all() -> None:
    """What the template sets is read, each variable into its own field."""
    expected = Settings(
        cluster_name="drill",
        cluster_url="https://elastic.example/base",
        auth_mode="sigv4",
        sigv4_service="execute-api",
        signing_region="",
        role_arn="",
        credential_header="x-es-authorization",
        secret_arn="",
        ca_bundle="",
        mode_parameter="/drill/mode",
        request_queue_url=RESOURCES["RequestQueue"],
        close_queue_url=RESOURCES["CloseQueue"],
        force_queue_url=RESOURCES["ForceQueue"],
        parking_queue_url=RESOURCES["ParkingQueue"],
        ledger_table=RESOURCES["Ledger"],
        event_bus_name="",
        gib_hour_price=0,
        create_dashboard=False,
        digest="off",
        digest_topic="",
        timeouts=Timeouts(
            connect=3, read=20, close_early=2, close=10, close_counted=0.3, measured=120
        ),
        rules=Rules(),
    )

    assert expected == settings()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_starts_with_the_defaults(function: str) -> None:
    """Whoever names the cluster and no more gets settings that can be read."""
    environment = environment_of(FUNCTIONS[function], PARAMETERS, RESOURCES)

    assert Rules() == Settings.from_env(environment).rules


def test_the_environment_is_the_process_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function reads its own environment."""
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)

    assert settings() == current()


RULES: dict[str, tuple[str, str, Rules]] = {
    "a longer time": ("IDLE_AFTER", "14d", Rules(idle_after=timedelta(days=14))),
    "the shortest time": ("IDLE_AFTER", "1h", Rules(idle_after=timedelta(hours=1))),
    "minutes of grace": (
        "REOPEN_GRACE",
        "1m",
        Rules(reopen_grace=timedelta(minutes=1)),
    ),
    "the longest time": (
        "DRY_AFTER",
        "3650d",
        Rules(dry_after=timedelta(days=3650)),
    ),
    "a switch": ("FORCE_FAILED", "true", Rules(force_failed=True)),
    "a list": (
        "KEEP_PATTERNS",
        " prod-*, , audit ",
        Rules(keep_patterns=("prod-*", "audit")),
    ),
    "globs of every kind": (
        "KEEP_PATTERNS",
        "app.*,web-[ab]?,[!x]y,b.c",
        Rules(keep_patterns=("app.*", "web-[ab]?", "[!x]y", "b.c")),
    ),
    "a time with what an editor adds": (
        "IDLE_AFTER",
        "\ufeff14d\r\n",
        Rules(idle_after=timedelta(days=14)),
    ),
    "a switch with blanks around": (
        "FORCE_FAILED",
        " true ",
        Rules(force_failed=True),
    ),
    "a list of one": (
        "MANAGED_JOBS_ALLOWED",
        "apm-1",
        Rules(managed_jobs_allowed=("apm-1",)),
    ),
    "the most closes of a sweep": (
        "MAX_CLOSES_PER_SWEEP",
        "1000",
        Rules(max_closes_per_sweep=1000),
    ),
    "the whole cluster": (
        "MAX_CLOSE_PERCENT",
        "100",
        Rules(max_close_percent=100),
    ),
    "one job closing": ("MAX_CLOSING", "1", Rules(max_closing=1)),
    "one close of a day": ("MAX_CLOSES_PER_DAY", "1", Rules(max_closes_per_day=1)),
    "a lone pair of jobs": ("HALT_ABOVE_JOBS", "1", Rules(halt_above_jobs=1)),
    "notice": ("NOTICE_PERIOD", "2d", Rules(notice_period=timedelta(days=2))),
    "no notice": ("NOTICE_PERIOD", "off", Rules()),
    "a shorter hold": ("HALT_FOR", "36h", Rules(halt_for=timedelta(hours=36))),
    "orders that force": (
        "FORCE_ORDERS",
        "allowed",
        Rules(force_orders="allowed"),
    ),
    "quiet hours in UTC": (
        "QUIET_HOURS",
        "22:00-06:30 ",
        Rules(quiet_hours=QuietHours(time(22), time(6, 30), UTC)),
    ),
    "quiet hours in a time zone": (
        "QUIET_HOURS",
        "08:00-18:00 Europe/Berlin",
        Rules(quiet_hours=QuietHours(time(8), time(18), ZoneInfo("Europe/Berlin"))),
    ),
    "one close of a request": (
        "MAX_CLOSES_PER_REQUEST",
        "1",
        Rules(max_closes_per_request=1),
    ),
}


@pytest.mark.parametrize(("variable", "value", "expected"), RULES.values(), ids=RULES)
def test_rules_can_be_turned(variable: str, value: str, expected: Rules) -> None:
    """One variable turns one rule."""
    assert expected == settings(**{variable: value}).rules


URLS = {
    "https": "https://elastic.example",
    "https with a port and a path": "https://elastic.example:9243/base/path",
    "this machine": "http://127.0.0.1:9200",
    "this machine, by its name": "http://localhost:9200/base",
    "this machine, without a port": "http://localhost",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_safe_urls_are_taken(url: str) -> None:
    """Keys travel encrypted, or not at all beyond this machine."""
    assert url == settings(CLUSTER_URL=url).cluster_url


MAY_BE_EMPTY = {"ROLE_ARN", "SECRET_ARN", "CA_BUNDLE", "SIGNING_REGION"}
MAY_BE_EMPTY |= {"EVENT_BUS_NAME", "DIGEST_TOPIC", "GIB_HOUR_PRICE"}
MAY_BE_EMPTY |= {"MANAGED_JOBS_ALLOWED", "KEEP_PATTERNS", "QUIET_HOURS"}


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_a_missing_variable_is_named(variable: str) -> None:
    """A variable that the template forgot is told by its name."""
    environment = dict(ENVIRONMENT)
    del environment[variable]

    with pytest.raises(BadSettings, match=f"^{variable}: expected, but missing$"):
        Settings.from_env(environment)


@pytest.mark.parametrize("variable", sorted(VARIABLES - MAY_BE_EMPTY))
def test_an_empty_variable_is_named(variable: str) -> None:
    """An empty variable is no value, but for the few that may be empty."""
    with pytest.raises(BadSettings, match=f"^{variable}: expected .*, got ''$"):
        settings(**{variable: ""})


@pytest.mark.parametrize("variable", sorted(MAY_BE_EMPTY))
def test_some_variables_may_be_empty(variable: str) -> None:
    """No secret, no certificates of one's own, no lists: that is the default."""
    assert settings() == settings(**{variable: ""})


WHOLE = "expected a whole number from 1 to"
WRONG: dict[str, tuple[str, str, str]] = {
    "a name with a blank": ("CLUSTER_NAME", "my cluster", "expected up to 200 of"),
    "a name without end": ("CLUSTER_NAME", "x" * 201, "expected up to 200 of"),
    "the ARN of a bus": (
        "EVENT_BUS_NAME",
        "arn:aws:events:eu-west-1:123456789012:event-bus/default",
        "expected the name of an event bus",
    ),
    "a price with a currency": ("GIB_HOUR_PRICE", "$0.05", "expected a price like"),
    "plain http": ("CLUSTER_URL", "http://elastic.example", "expected an https URL"),
    "plain http to what begins like this machine": (
        "CLUSTER_URL",
        "http://localhost.evil.example",
        "expected an https URL",
    ),
    "plain http with this machine as the user": (
        "CLUSTER_URL",
        "http://localhost@evil.example",
        "expected an https URL",
    ),
    "plain http to a neighbour": (
        "CLUSTER_URL",
        "http://127.0.0.11:9200",
        "expected an https URL",
    ),
    "a URL with a query": (
        "CLUSTER_URL",
        "https://elastic.example/?pretty",
        "expected an https URL",
    ),
    "a URL with a fragment": (
        "CLUSTER_URL",
        "https://elastic.example/#top",
        "expected an https URL",
    ),
    "a URL with a blank": (
        "CLUSTER_URL",
        "https://elastic.example /",
        "expected an https URL",
    ),
    "a queue's ARN for its URL": (
        "CLOSE_QUEUE_URL",
        "arn:aws:sqs:eu-west-1:1:close",
        "expected an https URL",
    ),
    "a way of signing that is not there": (
        "AUTH_MODE",
        "kerberos",
        "expected one of sigv4, api_key, basic",
    ),
    "a service that does not check": (
        "SIGV4_SERVICE",
        "s3",
        "expected one of execute-api, es, lambda",
    ),
    "a zone for a region": ("SIGNING_REGION", "eu-west-1a", "expected a region such"),
    "a country": ("SIGNING_REGION", "Ireland", "expected a region such as eu-west-1"),
    "an order in other words": (
        "FORCE_ORDERS",
        "true",
        "expected one of evidence, allowed",
    ),
    "blanks of another kind within": (
        "CLUSTER_URL",
        "https://elastic.example\u00a0/base",
        "expected an https URL",
    ),
    "a switch in capitals": ("FORCE_FAILED", "True", "expected true or false"),
    "a switch as a number": ("CLOSE_DRY_DATAFEEDS", "1", "expected true or false"),
    "a time without a unit": ("IDLE_AFTER", "48", "expected a time value such as"),
    "a time of minutes": ("IDLE_AFTER", "59m", "expected at least 1h, at most 3650d"),
    "a grace of seconds": ("REOPEN_GRACE", "59s", "expected at least 1m, at most"),
    "a time of centuries": ("DRY_AFTER", "3651d", "expected at least 1h, at most"),
    "a time beyond the calendar": ("DRY_AFTER", "9999999999d", "expected at most"),
    "no closes of a sweep": ("MAX_CLOSES_PER_SWEEP", "0", f"{WHOLE} 1000"),
    "too many closes of a sweep": ("MAX_CLOSES_PER_SWEEP", "1001", f"{WHOLE} 1000"),
    "more than the whole": ("MAX_CLOSE_PERCENT", "101", f"{WHOLE} 100"),
    "too many closes of a request": (
        "MAX_CLOSES_PER_REQUEST",
        "1001",
        f"{WHOLE} 1000",
    ),
    "a fraction": ("MAX_CLOSE_PERCENT", "0.5", f"{WHOLE} 100"),
    "a number below nothing": ("MAX_CLOSE_PERCENT", "-5", f"{WHOLE} 100"),
    "digits of another script": ("MAX_CLOSE_PERCENT", "\u0664\u0668", f"{WHOLE} 100"),
    "hours of one number": ("QUIET_HOURS", "8-18", "expected hours such as 08:00"),
    "hours after midnight": ("QUIET_HOURS", "08:00-24:00", "expected hours such as"),
    "hours that never end": ("QUIET_HOURS", "08:00-08:00", "expected hours such as"),
    "a time zone alone": ("QUIET_HOURS", "Europe/Berlin", "expected hours such as"),
    "a town": ("QUIET_HOURS", "08:00-18:00 Berlin", "expected a time zone of the IANA"),
    "a continent": ("QUIET_HOURS", "08:00-18:00 Europe", "expected a time zone of"),
    "a path": ("QUIET_HOURS", "08:00-18:00 ../UTC", "expected a time zone of the"),
    "no seconds": ("READ_TIMEOUT", "0", "expected seconds above 0, at most 600"),
    "too many seconds": ("READ_TIMEOUT", "601", "expected seconds above 0, at most"),
    "seconds in words": ("READ_TIMEOUT", "ten", "expected seconds above 0, at most"),
    "seconds that are no number": ("READ_TIMEOUT", "nan", "expected seconds above 0"),
    "seconds without end": ("READ_TIMEOUT", "inf", "expected seconds above 0"),
}


@pytest.mark.parametrize(("variable", "value", "why"), WRONG.values(), ids=WRONG)
def test_a_wrong_variable_is_named(variable: str, value: str, why: str) -> None:
    """A wrong value is told with its variable and what was expected."""
    with pytest.raises(BadSettings, match="expected") as refused:
        settings(**{variable: value})

    told = str(refused.value)
    assert f"{variable}: {why}" == told[: len(f"{variable}: {why}")]
    assert told.endswith(f"got {value.replace('localhost@', '...@')!r:.80}")


GLOBS = "expected globs separated by commas, such as prod-*,billing, got"
IDS = "expected job ids separated by commas, got"
LISTS: dict[str, tuple[str, str, str]] = {
    "globs with a blank for a comma (F14)": (
        "KEEP_PATTERNS",
        "prod-* web-*",
        f"{GLOBS} 'prod-* web-*', which contains a space",
    ),
    "a glob in capitals (F14)": (
        "KEEP_PATTERNS",
        "PROD-*",
        f"{GLOBS} 'PROD-*', which has capital letters, which ids never have",
    ),
    "a regular expression with a beginning (F14)": (
        "KEEP_PATTERNS",
        "web,^prod-",
        f"{GLOBS} '^prod-', which is not a glob",
    ),
    "a regular expression with anything (F14)": (
        "KEEP_PATTERNS",
        "prod-.*",
        f"{GLOBS} 'prod-.*', which is not a glob",
    ),
    "a regular expression with a choice": (
        "KEEP_PATTERNS",
        "(prod|web)-*",
        f"{GLOBS} '(prod|web)-*', which is not a glob",
    ),
    "a regular expression for all": (
        "KEEP_PATTERNS",
        ".*",
        f"{GLOBS} '.*', which is not a glob",
    ),
    "globs with semicolons": (
        "KEEP_PATTERNS",
        "prod-*;web-*",
        f"{GLOBS} 'prod-*;web-*', which is not a glob",
    ),
    "ids with a blank for a comma (F14)": (
        "MANAGED_JOBS_ALLOWED",
        "apm-1 apm-2",
        f"{IDS} 'apm-1 apm-2', which contains a space",
    ),
    "a glob for an id (F14)": (
        "MANAGED_JOBS_ALLOWED",
        "apm-*",
        f"{IDS} 'apm-*', which is not a job id",
    ),
}


@pytest.mark.parametrize(("variable", "value", "why"), LISTS.values(), ids=LISTS)
def test_what_can_match_nothing_is_refused(variable: str, value: str, why: str) -> None:
    """A protection in another syntax would protect nothing, without a word."""
    with pytest.raises(BadSettings) as refused:
        settings(**{variable: value})

    assert f"{variable}: {why}" == str(refused.value)


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [("KeepPatterns", "KEEP_PATTERNS"), ("ManagedJobsAllowed", "MANAGED_JOBS_ALLOWED")],
)
def test_the_template_refuses_the_same_lists(parameter: str, variable: str) -> None:
    """So a mistake ends a deployment, and not every function (F14)."""
    rule = load_template(TEMPLATE)["Parameters"][parameter]["AllowedPattern"]
    given = {value for _, value, _ in LISTS.values()} | TAKEN
    refused = {value for value in given if not re.fullmatch(rule, value)}

    for value in given:
        if value in refused:
            with pytest.raises(BadSettings):
                settings(**{variable: value})
        else:
            assert settings(**{variable: value})
    assert given > refused > set()


TAKEN = {
    "",
    " ",
    "web",
    "web, b.c ,",
    ",,",
    " a , , b",
    "a.b,app.*",
    "web-[ab]?",
    "[!x]",
}


def test_every_missing_variable_is_in_one_message() -> None:
    """Whoever deploys is told all that is missing at once."""
    with pytest.raises(BadSettings) as refused:
        Settings.from_env({})

    named = {problem.split(":")[0] for problem in str(refused.value).split("; ")}
    assert set(VARIABLES) == named


def test_every_problem_is_in_one_message() -> None:
    """One message names what is missing, what is wrong and what does not fit."""
    environment = ENVIRONMENT | {"AUTH_MODE": "api_key", "IDLE_AFTER": "soon"}
    del environment["READ_TIMEOUT"]

    with pytest.raises(BadSettings) as refused:
        Settings.from_env(environment)

    problems = str(refused.value).split("; ")
    expected = ["READ_TIMEOUT", "IDLE_AFTER", "SECRET_ARN"]
    assert expected == [problem.split(":")[0] for problem in problems]


@pytest.mark.parametrize("mode", ["api_key", "basic"])
def test_a_credential_needs_a_secret(mode: str) -> None:
    """Without a secret there is no key to send."""
    with pytest.raises(BadSettings, match=r"^SECRET_ARN: expected unless AUTH"):
        settings(AUTH_MODE=mode)

    with_secret = settings(AUTH_MODE=mode, SECRET_ARN=f" {SECRET}\n")
    assert SECRET == with_secret.secret_arn


def test_what_hangs_may_be_forced_before_it_is_parked() -> None:
    """The other way round, force would be switched off without a word."""
    assert settings(FORCE_AFTER="2h", PARK_AFTER="2h")

    why = "^PARK_AFTER: expected at least FORCE_AFTER, got 1h$"
    with pytest.raises(BadSettings, match=why):
        settings(FORCE_AFTER="2h", PARK_AFTER="1h")


HEADERS = ["Authorization", "authorization", "Host", "X-Amz-Date", "x es", "", "1x"]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_the_signature_takes_carries_no_credential(header: str) -> None:
    """Signing would write over it; so a deployment refuses it, and so do functions."""
    rule = load_template(TEMPLATE)["Parameters"]["CredentialHeader"]["AllowedPattern"]

    with pytest.raises(BadSettings, match=r"^CREDENTIAL_HEADER: expected a header's"):
        settings(CREDENTIAL_HEADER=header)
    assert re.fullmatch(rule, header) is None
    assert re.fullmatch(rule, "x-es-authorization")


def test_settings_hold_no_secret() -> None:
    """Settings may be logged: they know where the secret is, and nothing of it."""
    told = repr(settings(AUTH_MODE="api_key", SECRET_ARN=SECRET, API_KEY="hush"))

    assert SECRET in told
    assert "hush" not in told


def test_a_password_in_a_url_is_not_repeated() -> None:
    """The message ends in a log."""
    with pytest.raises(BadSettings, match="CLUSTER_URL") as refused:
        settings(CLUSTER_URL="https://ann:hush@elastic.example")

    assert "hush" not in str(refused.value)
