"""Signatures and keys, against a front door that verifies them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
import time_machine
from botocore.session import get_session
from moto import mock_aws

from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.credential import Credential
from idle_jobs.elastic.signing import LATTICE, Direct, Signer, SigV4
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.errors import Refused
from local.runner import SESSION
from standin.cluster import Cluster as StandIn
from standin.cluster import serve

NOW = datetime.now(UTC)
KEY = "dGVzdDp0ZXN0"


@pytest.fixture
def stand_in() -> StandIn:
    """Return a cluster that lets in one AWS key and one API key."""
    keys = (f"ApiKey {KEY}", f"Basic {KEY}")
    return StandIn(keys=keys, aws_secrets={"AKID": "secret"})


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the process an identity, and a Secrets Manager."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.setup_default_session(botocore_session=SESSION)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        yield
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "over")  # moto deletes both, which must be there.


def read(stand_in: StandIn, signer: Signer) -> int:
    """Read the cluster with a signer; return how many calls it took."""
    stand_in.add_job("web-1", now=NOW, state="closed", datafeed="stopped")
    with serve(stand_in) as url:
        timeouts = Timeouts(*[1] * 6)
        [job] = Cluster(Wire(url, signer, timeouts)).jobs(NOW, ["web-1", "web-1"])
    assert job.job_id == "web-1"
    return len(stand_in.log)


def secret(value: object) -> str:
    """Store a secret and return its ARN."""
    text = value if isinstance(value, str) else json.dumps(value)
    client = boto3.client("secretsmanager")
    return client.create_secret(Name=f"key-{id(value)}", SecretString=text)["ARN"]


def headers(stand_in: StandIn) -> dict[str, str]:
    """Return the headers of the first request that the cluster received."""
    return {name.lower(): text for name, text in stand_in.log[0].headers.items()}


@pytest.mark.parametrize("service", ["execute-api", "es", "lambda", LATTICE])
def test_a_signed_call_is_let_in(stand_in: StandIn, service: str) -> None:
    """The front door computes the same signature over path, query and date."""
    assert read(stand_in, SigV4(service)) == 4


@pytest.mark.parametrize("service", ["es", LATTICE])
@pytest.mark.parametrize(
    ("given", "signed"), [("", "eu-west-1"), ("us-gov-west-1", "us-gov-west-1")]
)
def test_a_call_is_signed_for_a_region(
    stand_in: StandIn, service: str, given: str, signed: str
) -> None:
    """That of the function, unless the gateway is in another."""
    read(stand_in, SigV4(service, region=given))

    assert f"/{signed}/{service}/aws4_request" in headers(stand_in)["authorization"]


def test_a_session_token_is_signed_too(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function's credentials always carry one."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    read(stand_in, SigV4("execute-api"))

    assert headers(stand_in)["x-amz-security-token"] == "token"
    assert "x-amz-security-token" in headers(stand_in)["authorization"]


@pytest.mark.parametrize("service", ["execute-api", LATTICE])
def test_a_carried_credential_is_signed_too(stand_in: StandIn, service: str) -> None:
    """The front door maps its header back; nobody can put another one in its place."""
    read(stand_in, SigV4(service, carried=Credential(secret(KEY)), header="X-Es-Auth"))
    signed = headers(stand_in)["authorization"].split("SignedHeaders=")[1]

    assert headers(stand_in)["x-es-auth"] == f"ApiKey {KEY}"
    assert "x-es-auth" in signed.split(",")[0].split(";")


def test_vpc_lattice_gets_an_unsigned_payload(stand_in: StandIn) -> None:
    """It reads no body, and refuses a signature over one."""
    read(stand_in, SigV4(LATTICE))

    assert headers(stand_in)["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


def test_a_role_is_assumed_and_its_credentials_sign() -> None:
    """Those of another account, say; they come with a token."""
    trusting = StandIn()
    read(trusting, SigV4("execute-api", "arn:aws:iam::123456789012:role/reader"))

    assert "Credential=ASIA" in headers(trusting)["authorization"]
    assert headers(trusting)["x-amz-security-token"]


def test_a_role_that_cannot_be_assumed_is_refused(stand_in: StandIn) -> None:
    """Its trust policy does not name the function: an operator has to act."""
    signer = SigV4("es", "not-an-arn")

    with pytest.raises(Refused, match="no AWS credentials"):
        read(stand_in, signer)

    assert stand_in.log == []


def test_a_refresh_reads_the_carried_credential_anew(stand_in: StandIn) -> None:
    """The front door's 401 may be about either of the two."""
    arn = secret("b2xkOmtleQ==")
    signer = SigV4("es", carried=Credential(arn), header="x-es-auth")
    read(stand_in, signer)
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=KEY)
    signer.refresh()
    stand_in.log.clear()
    read(stand_in, signer)

    assert headers(stand_in)["x-es-auth"] == f"ApiKey {KEY}"


@pytest.mark.row(30)
def test_expired_credentials_are_looked_up_anew(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen environment wakes up with an old key: one 403, one more call."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OLD")
    signer = SigV4("es")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")

    assert read(stand_in, signer) == 5


@pytest.mark.slow
def test_one_look_up_serves_all_that_found_their_credentials_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten looks that are refused at once."""
    looked_up, script, config = (tmp_path / name for name in ("count", "sh", "config"))
    found = '{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "secret"}'
    script.write_text(f"echo >> {looked_up}; sleep 0.5; echo '{found}'")
    config.write_text(f"[default]\ncredential_process = sh {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    # A session reads its configuration once.
    monkeypatch.setattr("idle_jobs.aws.SESSION", get_session())
    signer = SigV4("es")
    with ThreadPoolExecutor(10) as looks:
        for _ in range(10):
            looks.submit(signer.refresh)

    # The first one's and another; a thread that starts late may find that one stale.
    assert 2 <= len(looked_up.read_text()) <= 4


@pytest.mark.row(36)
def test_a_wrong_signature_is_refused(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that could be taken for an outage: an operator has to act."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")

    with pytest.raises(Refused, match="signature"):
        read(stand_in, SigV4("es"))


def test_no_credentials_at_all_are_refused(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so; nothing unsigned is sent."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")

    with pytest.raises(Refused, match="no AWS credentials"):
        read(stand_in, SigV4("es"))

    assert stand_in.log == []


SECRETS = {
    "the key alone": f" {KEY}\n",
    "what create API key answers": {"id": "test", "api_key": "test", "encoded": KEY},
    "id and key": {"id": "test", "api_key": "test"},
    "a user": {"username": "test", "password": "test"},
}


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS.keys())
def test_a_credential_is_read_from_its_secret(stand_in: StandIn, value: object) -> None:
    """The secret may be stored the way Elasticsearch answers it."""
    assert read(stand_in, Direct(Credential(secret(value)))) == 4


@pytest.mark.parametrize("value", ["", "{}", "a key\r\nX-Evil: 1", '["x"]', "[[["])
def test_a_secret_that_is_no_key_is_refused(stand_in: StandIn, value: str) -> None:
    """The error does not repeat it, and nothing of it reaches a header."""
    with pytest.raises(Refused, match="expected an encoded API key") as refused:
        read(stand_in, Direct(Credential(secret(value or " "))))

    assert "Evil" not in str(refused.value)
    assert stand_in.log == []


def test_a_secret_that_cannot_be_read_is_refused(stand_in: StandIn) -> None:
    """The error names the secret, not AWS's whole answer."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-abcdef"

    with pytest.raises(Refused, match="none-abcdef could not be read"):
        read(stand_in, Direct(Credential(arn)))


@pytest.mark.row(30)
def test_a_rotated_key_is_read_anew(stand_in: StandIn) -> None:
    """The cached key is refused once, then the secret is read again."""
    arn = secret("b2xkOmtleQ==")
    signer = Direct(Credential(arn))
    with pytest.raises(Refused):
        read(stand_in, signer)
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=KEY)
    calls = len(stand_in.log)

    assert read(stand_in, signer) - calls == 5


def test_no_repr_holds_a_secret() -> None:
    """Whatever ends in a log, it is not the key."""
    credential = Credential(secret(KEY))
    signers = [Direct(credential), SigV4("es", carried=credential, header="x")]
    shown = f"{signers} {credential} {[vars(signer) for signer in signers]}"

    assert KEY not in shown
    assert "'secret'" not in shown


@pytest.mark.parametrize(("seconds", "key"), [(299, "old00000"), (301, "new00000")])
def test_a_secret_is_read_anew_after_five_minutes(seconds: int, key: str) -> None:
    """A rotated one is used soon, also where the old one still opens the door."""
    arn = secret("old00000")
    credential = Credential(arn)
    with time_machine.travel(NOW, tick=False) as clock:
        first = credential.authorization()
        boto3.client("secretsmanager").put_secret_value(
            SecretId=arn, SecretString="new00000"
        )
        clock.shift(seconds)

        assert "ApiKey old00000" == first
        assert f"ApiKey {key}" == credential.authorization()
