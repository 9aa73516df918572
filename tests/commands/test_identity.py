"""Credentials that cannot be fetched: one line and exit code 2, in every tool."""

import json
import os
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider

from commands.running import idle_jobs

THERE = ("--url", "http://127.0.0.1:1", "--sign", "es")
START = "https://sso.example/start"
ROLE = "role_arn = arn:aws:iam::123456789012:role/ops"
SSO = "sso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = ops"
EXPIRED = (
    b"<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The token is expired"
    b"</Message></Error></ErrorResponse>"
)


class Aws(BaseHTTPRequestHandler):
    """STS and IAM Identity Center, which refuse whatever they are asked."""

    def do_POST(self) -> None:
        """Refuse as STS does."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._refuse(EXPIRED)

    def do_GET(self) -> None:
        """Refuse as Identity Center's GetRoleCredentials does."""
        self._refuse(b'{"message": "No access"}')

    def _refuse(self, body: bytes) -> None:
        self.send_response(403)
        self.send_header("x-amzn-ErrorType", "ForbiddenException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """Yield the URL of an AWS that refuses."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Aws) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def home(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home without credentials, whose AWS is the one that refuses."""
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    variables = {
        "HOME": str(tmp_path),
        "AWS_PROFILE": "ops",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_STS": aws,
        "AWS_ENDPOINT_URL_SSO": aws,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    cache = tmp_path / ".aws/sso/cache"
    cache.mkdir(parents=True)
    # botocore looks up HOME when it is imported.
    for provider in (SSOProvider, SSOTokenProvider):
        monkeypatch.setattr(provider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    (tmp_path / "token").write_text("a.web.token")
    return tmp_path


def sso_token(home: Path, name: str, written: str) -> None:
    """Leave a token where `aws sso login` leaves it."""
    file = sha1(name.encode(), usedforsecurity=False).hexdigest()
    (home / f".aws/sso/cache/{file}.json").write_text(written)


def profile(home: Path, fields: str) -> None:
    """Write the profile `ops`, beside one with keys."""
    keys = "aws_access_key_id = AKID\naws_secret_access_key = secret"
    text = f"[profile base]\n{keys}\n[profile ops]\n{fields}\n"
    (home / ".aws/config").write_text(text.replace("~", str(home)))
    valid = {"startUrl": START, "accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z"}
    sso_token(home, START, json.dumps(valid))
    sso_token(home, "broken", "{")


CHAIN = f"{ROLE}\nsource_profile = middle\n[profile middle]\n{ROLE}\n"
SESSION = f"[sso-session broken]\nsso_start_url = {START}\nsso_region = eu-west-1"
PROFILES = {
    "a role that may not be assumed (F1)": (
        f"{ROLE}\nsource_profile = base",
        "An error occurred (ExpiredToken) when calling the AssumeRole operation",
    ),
    "a chain of roles (F1)": (
        f"{CHAIN}source_profile = base",
        "An error occurred (ExpiredToken) when calling the AssumeRole operation",
    ),
    "a web identity (F1)": (
        f"{ROLE}\nweb_identity_token_file = ~/token",
        "An error occurred (ExpiredToken) when calling the AssumeRoleWithWebIdentity",
    ),
    "Identity Center (F1)": (
        f"sso_start_url = {START}\n{SSO}",
        "An error occurred (ForbiddenException) when calling the GetRoleCredentials",
    ),
    "a web identity without its file": (
        f"{ROLE}\nweb_identity_token_file = ~/nowhere",
        "they could not be fetched: FileNotFoundError: ",
    ),
    "a broken token of Identity Center": (
        f"sso_session = broken\n{SSO}\n{SESSION}",
        "they could not be fetched: KeyError: ",
    ),
    "a program that answers no JSON": (
        "credential_process = echo hello",
        "they could not be fetched: JSONDecodeError: ",
    ),
    "a program that is not there": (
        "credential_process = /nowhere/program",
        "they could not be fetched: FileNotFoundError: ",
    ),
}


@pytest.mark.parametrize(("fields", "told"), PROFILES.values(), ids=PROFILES)
def test_credentials_that_cannot_be_fetched_are_one_line(
    fields: str, told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever fetching them raises, a refusal of STS or a broken file."""
    profile(home, fields)

    assert idle_jobs("plan", *THERE) == 2
    line, _ = capsys.readouterr().err.splitlines()
    assert line.startswith(f"Error: AWS credentials: {told}")


def test_explain_says_so_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`idle-jobs explain` reads the same target (F1)."""
    profile(home, f"{ROLE}\nsource_profile = base")

    assert idle_jobs("explain", "web", *THERE) == 2
    assert capsys.readouterr().err.startswith("Error: AWS credentials: An error")


@pytest.mark.parametrize(
    "fields",
    [f"{ROLE}\nsource_profile = base", "credential_process = echo hello"],
    ids=["a refused role (F1)", "a program that answers no JSON"],
)
def test_a_command_on_the_stack_says_so_too(
    fields: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was asked of the stack, and nothing was done."""
    profile(home, fields)

    assert idle_jobs("parked", "--stack", "drill") == 2
    line, _ = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: AWS credentials: ")
