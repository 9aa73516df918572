"""`idle-jobs validate` and `schema`: each kind, in each form, right and wrong."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builders import persons_message
from commands.running import idle_jobs
from idle_jobs_cli.schemas import NAMES, schema

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]

MESSAGE = json.loads(persons_message(evidence=None, sent_at=None).to_json())
MESSAGE["requested_at"] = "2026-01-31T06:00:00Z"
OWNER = {"mode": "auto", "idle_after": "14d"}
MISSPELT = {"idle-closer": OWNER}
VALID: dict[str, tuple[str, str]] = {
    "a request": ("request", '{"job_id": "web"}'),
    "a request with a byte order mark": ("request", '\ufeff{"job_id": "web"}\n'),
    "a redriven close message": ("request", json.dumps(MESSAGE)),
    "a close message": ("close-message", json.dumps(MESSAGE)),
    "an owner's settings": ("owner-settings", json.dumps(OWNER)),
    "an owner's settings with their key": (
        "owner-settings",
        json.dumps({"idle_closer": OWNER}),
    ),
    "a job with an owner's settings": (
        "owner-settings",
        json.dumps({"job_id": "web", "custom_settings": {"idle_closer": OWNER}}),
    ),
    "a job without them": ("owner-settings", '{"job_id": "web", "groups": []}'),
    "many jobs": (
        "owner-settings",
        json.dumps({"count": 1, "jobs": [{"custom_settings": {"idle_closer": OWNER}}]}),
    ),
    "variables": ("settings", "IDLE_AFTER=4d\nFORCE_FAILED=true\n"),
    "variables as in a shell": (
        "settings",
        "# Monday\nexport IDLE_AFTER='4d'  # longer\n\nKEEP_PATTERNS=\"prod-*, x\"\n",
    ),
    "variables with blanks": ("settings", "IDLE_AFTER = 4d\r\nHALT_FOR =7d\r\n"),
    "a value with blanks": ("settings", "ScheduleExpression=rate(1 hour) # often"),
    "variables of the plan": ("settings", "ES_API_KEY=x\nCLUSTER_URL=http://localhost"),
    "parameters": ("settings", "IdleAfter=4d\nAlarmEmail=a@b.example\nLogLevel=INFO"),
    "parameters of the AWS CLI": (
        "settings",
        "ParameterKey=IdleAfter,ParameterValue=4d ParameterKey=RoleArn,ParameterValue=",
    ),
    "parameters of CloudFormation": (
        "settings",
        json.dumps(
            [
                {"ParameterKey": "IdleAfter", "ParameterValue": "4d"},
                {"ParameterKey": "HaltFor", "UsePreviousValue": True},
            ],
            indent=2,
        ),
    ),
    "a list of texts": ("settings", '["IdleAfter=4d", "ForceFailed=true"]'),
    "an object of parameters": (
        "settings",
        '\ufeff{"Parameters": {"IdleAfter": "4d", "MaxClosePercent": 50}}',
    ),
    "a plain object": ("settings", '{"ForceFailed": true, "IDLE_AFTER": "4d"}'),
    "samconfig.toml with texts": (
        "settings",
        """
        version = 0.1
        [default.deploy.parameters]
        parameter_overrides = "IdleAfter=4d KeepPatterns='a,b'"
        """,
    ),
    "samconfig.toml with quotes": (
        "settings",
        """
        [default.deploy.parameters]
        parameter_overrides = ['ScheduleExpression="rate(1 hour)"', "IdleAfter=4d"]
        """,
    ),
    "samconfig.toml with a table": (
        "settings",
        "[a.global.parameters.parameter_overrides] # all\nIdleAfter = '4d'\n",
    ),
}


def validate(kind: str, text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Pipe a text into the command."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return idle_jobs("validate", kind)


@pytest.mark.parametrize(("kind", "text"), VALID.values(), ids=VALID)
def test_what_is_valid(
    kind: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """It is said so, and the exit code is 0."""
    code = validate(kind, text, monkeypatch)

    assert (code, *capsys.readouterr()) == (0, "valid\n", "")


WRONG: dict[str, tuple[str, str, list[str]]] = {
    "no JSON": ("request", "web", ["body: expected a JSON object: Expecting value"]),
    "an unknown field": ("request", '{"job": "web"}', ["job: unknown field, expected"]),
    "an envelope": (
        "request",
        '{"version": "0", "detail-type": "close", "source": "x", "detail": {}}',
        ["body: expected the fields job_id, allow_no_match"],
    ),
    "a request as a close message": (
        "close-message",
        '{"job_id": "web"}',
        ["version: expected 1, got None; requests go to RequestQueue"],
    ),
    "a newer version": (
        "close-message",
        json.dumps(MESSAGE | {"version": 2}),
        ["version: expected at most 1, got 2"],
    ),
    "an owner's mode": (
        "owner-settings",
        '{"mode": "off"}',
        ["custom_settings.idle_closer.mode: expected auto, notify or never, got 'off'"],
    ),
    "an owner's misspelt key": (
        "owner-settings",
        json.dumps({"job_id": "web", "custom_settings": MISSPELT}),
        ["custom_settings.idle-closer: not read, expected idle_closer"],
    ),
    "one of many jobs": (
        "owner-settings",
        json.dumps({"jobs": [{"job_id": "web", "custom_settings": MISSPELT}, 7]}),
        ["web: custom_settings.idle-closer: not read, expected idle_closer"],
    ),
    "no settings of an owner": ("owner-settings", "[]", ["body: expected a JSON obj"]),
    "misspelt names": (
        "settings",
        "IDLE_AFTR=4d\nIdleAftr=4d\nidle_after=4d\nidleafter=4d\nALARM_EMAIL=x\nX=1",
        [
            "IDLE_AFTR: unknown, did you mean IDLE_AFTER?",
            "IdleAftr: unknown, did you mean IdleAfter?",
            "idle_after: unknown, did you mean IDLE_AFTER?",
            "idleafter: unknown, did you mean IdleAfter?",
            "ALARM_EMAIL: unknown, did you mean AlarmEmail?",
            "X: unknown",
        ],
    ),
    "values": (
        "settings",
        "IDLE_AFTER=soon\nFORCE_FAILED=yes\nKeepPatterns=prod-.*\nMaxClosePercent=0",
        [
            "IDLE_AFTER: expected a time value such as 30m, 48h or 7d, got 'soon'",
            "FORCE_FAILED: expected true or false, got 'yes'",
            "KeepPatterns: expected globs over job ids and groups, separated by",
            "MaxClosePercent: expected a whole number from 1 to 100, got '0'",
        ],
    ),
    "what only the template refuses": (
        "settings",
        "ForceAfter=48h\nLogLevel=banana\nSweepAlarmHours=1\nClusterUrl=http://localhost",
        [
            "ForceAfter: expected 1h to 24h, got '48h'",
            "LogLevel: expected one of DEBUG, INFO, WARNING, ERROR, got 'banana'",
            "SweepAlarmHours: expected a whole number from 2 to 168, got '1'",
            "ClusterUrl: expected an https URL without user, query and fragment, got",
        ],
    ),
    "a park before a force": (
        "settings",
        "ForceAfter=6h\nParkAfter=3h",
        ["ParkAfter: expected at least ForceAfter, got 3h"],
    ),
    "a park before the force of the defaults": (
        "settings",
        "PARK_AFTER=1h",
        ["PARK_AFTER: expected at least FORCE_AFTER, got 1h"],
    ),
    "an alarm that rings between two sweeps": (
        "settings",
        "ScheduleExpression=rate(6 hours)",
        ["SweepAlarmHours: set SweepAlarmHours to 12 or more"],
    ),
    "a time zone that nobody knows": (
        "settings",
        "ScheduleTimezone=Europe/Atlantis",
        ["ScheduleTimezone: expected a time zone of the IANA, such as Europe/Berlin"],
    ),
    "both names": (
        "settings",
        "IDLE_AFTER=4d\nIdleAfter=5d",
        ["IdleAfter: IDLE_AFTER is given, too"],
    ),
    "two environments": (
        "settings",
        """
        [a.deploy.parameters]
        parameter_overrides = ['IdleAftr=1h']
        [b.deploy.parameters]
        parameter_overrides = 'IdleAfter=1'
        """,
        [
            "a: IdleAftr: unknown, did you mean IdleAfter?",
            "b: IdleAfter: expected hours or days, such as",
        ],
    ),
    "no value": ("settings", "IdleAfter", ["Error: settings: expected NAME=VALUE"]),
    "no name": ("settings", "=4d", ["Error: settings: expected NAME=VALUE"]),
    "an open quote": ("settings", "A='4d", ['Error: settings: "A=\'4d": No closing']),
    "torn JSON": ("settings", '{"a": ', ["Error: settings: expected JSON: Expecting"]),
    "deep JSON": ("settings", "[{" + "[" * 100_000, ["Error: settings: expected JSON"]),
    "torn TOML": ("settings", "[default", ["Error: settings: expected TOML: "]),
    "a list of numbers": (
        "settings",
        "[{}, 1]",
        ["Error: settings: expected ParameterKey and ParameterValue in each"],
    ),
    "no settings": ("settings", "# none\n", ["Error: settings: expected at least one"]),
    "an empty list": ("settings", "[]", ["Error: settings: expected at least one"]),
    "a samconfig.toml without parameters": (
        "settings",
        "[default.deploy]\nparameters = 1\n",
        ["Error: settings: expected at least one, and found none"],
    ),
    "a value with blanks that SAM does not take": (
        "settings",
        """
        [default.deploy.parameters]
        parameter_overrides = ["ScheduleExpression=rate(1 hour)"]
        """,
        ["Error: settings: expected NAME=VALUE, got 'hour)'"],
    ),
    "overrides of another type": (
        "settings",
        "[default.deploy.parameters]\nparameter_overrides = 1\n",
        ["Error: settings: parameter_overrides: expected a text, or a list of NAME"],
    ),
    "only blanks": ("request", " \n", ["Error: -: expected a text, got an empty one"]),
}


@pytest.mark.parametrize(("kind", "text", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(
    kind: str,
    text: str,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    """Each problem is a line, and the exit code is 2."""
    code = validate(kind, text, monkeypatch)
    out, err = capsys.readouterr()
    lines = err.splitlines()

    assert (code, out) == (2, "")
    assert len(lines) == len(told)
    for line, start in zip(lines, told, strict=True):
        assert line.startswith(start)


FILES: dict[str, tuple[bytes | None, int, str]] = {
    "a byte order mark": (b'\xef\xbb\xbf{"job_id": "web"}', 0, ""),
    "UTF-16": ('{"job_id": "web"}'.encode("utf-16"), 2, "expected UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n", 2, "expected UTF-8"),
    "nothing": (b"", 2, "expected a text, got an empty one"),
    "no file": (None, 2, "cannot be read: No such file or directory"),
}


@pytest.mark.parametrize(("data", "expected", "told"), FILES.values(), ids=FILES)
def test_a_file(
    data: bytes | None, expected: int, told: str, tmp_path: Path, capsys: Capture
) -> None:
    """Whatever is in it, there is no traceback."""
    file = tmp_path / "request.json"
    if data is not None:
        file.write_bytes(data)
    code = idle_jobs("validate", "request", str(file))

    assert code == expected
    assert told in capsys.readouterr().err


def test_a_folder_is_no_file(tmp_path: Path, capsys: Capture) -> None:
    """The name may be that of anything."""
    assert idle_jobs("validate", "settings", str(tmp_path)) == 2
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_our_own_example_is_valid(capsys: Capture) -> None:
    """All of its environments."""
    code = idle_jobs("validate", "settings", str(ROOT / "samconfig.example.toml"))

    assert (code, capsys.readouterr().err) == (0, "")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (
            ["validate", "requests"],
            "'requests' is not one of 'request', 'close-message'",
        ),
        (["validate"], "Missing argument"),
        (["schema", "job"], "'job' is not one of 'request', 'close-message'"),
    ],
)
def test_an_unknown_kind(argv: list[str], told: str, capsys: Capture) -> None:
    """The kinds are listed."""
    assert idle_jobs(*argv) == 2
    assert told.casefold() in capsys.readouterr().err.casefold()


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_printed(name: str, capsys: Capture) -> None:
    """As it is published."""
    assert idle_jobs("schema", name.replace("_", "-")) == 0

    printed: Any = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    assert printed == schema(name)


def test_every_schema_has_its_name() -> None:
    """No file is left out."""
    folder = ROOT / "idle_jobs_cli" / "schemas"

    assert sorted(NAMES) == sorted(path.stem for path in folder.glob("*.json"))
