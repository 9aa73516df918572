"""Built functions frozen between two events, while the world went on without them."""

import json
from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest

from e2e.artifact import ArtifactRunner
from e2e.conftest import Start
from e2e.door import Door
from rows.roles import ROLE, Roles
from stacks import add_busy, ends

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

FROZEN = timedelta(minutes=20)
OTHER_KEY = "b3RoZXI6a2V5"  # other:key


def close(stack: ArtifactRunner, job_id: str) -> None:
    """Ask for a job, and let the functions close it."""
    add_busy(stack, job_id)
    stack.request(job_id=job_id, request_id=f"ask-{job_id}")
    stack.run(stack.now + timedelta(seconds=10))


def rotate(stack: ArtifactRunner) -> None:
    """Give the cluster and the secret another API key; the old one is void."""
    stack.cluster.keys = (f"ApiKey {OTHER_KEY}",)
    secrets = boto3.client("secretsmanager")
    [secret] = secrets.list_secrets()["SecretList"]
    text = json.dumps({"encoded": OTHER_KEY})
    secrets.put_secret_value(SecretId=secret["ARN"], SecretString=text)


def signers(stack: ArtifactRunner) -> list[str]:
    """Return who signed the requests that the cluster got, each once, in order."""
    given = [line.headers["Authorization"] for line in stack.cluster.log]
    return list(dict.fromkeys(value.split("/")[0] for value in given))


def troubles(stack: ArtifactRunner) -> list[str]:
    """Return all that the functions warned of, counted or raised."""
    warned = [x["message"] for x in stack.log if x["level"] in ("WARNING", "ERROR")]
    counted = [m for m in ("ClusterRefused", "RecordsBroken") if stack.metrics[m]]
    return warned + counted + [str(error) for _, error in stack.errors]


@pytest.mark.row(30)
@pytest.mark.parametrize("die", [Door.cut, Door.forget], ids=lambda f: f.__name__)
def test_dead_connections_are_made_anew(
    die: Callable[[Door], None], start: Start
) -> None:
    """Closed by the front door, or forgotten without a word: no call meets an error."""
    stack = start()
    close(stack, "web")
    stack.freeze(FROZEN)
    die(stack.door)
    came = stack.door.came
    close(stack, "api")

    assert ends(stack) == ["web: closed requested", "api: closed requested"]
    assert troubles(stack) == []
    assert stack.door.came > came


@pytest.mark.row(30)
@pytest.mark.parametrize("span", [FROZEN, timedelta(minutes=2)], ids=str)
def test_a_rotated_key_is_fetched_again(span: timedelta, start: Start) -> None:
    """After 20 minutes by its age; after two, the old key's 401 is no failure."""
    stack = start()
    close(stack, "web")
    stack.freeze(span)
    rotate(stack)
    before = len(stack.cluster.log)
    close(stack, "api")
    keys = [x.headers["Authorization"] for x in stack.cluster.log[before:]]
    refused = sum(OTHER_KEY not in key for key in keys)

    assert ends(stack) == ["web: closed requested", "api: closed requested"]
    assert troubles(stack) == []
    assert refused == (0 if span == FROZEN else 2), "once by either function"


@pytest.mark.row(30)
def test_a_role_that_expired_is_assumed_again(start: Start) -> None:
    """Its credentials last an hour: valid before the freeze, and void after it."""
    stack = start(AuthMode="sigv4", RoleArn=ROLE)
    stack.cluster.keys, stack.cluster.aws_secrets = (), Roles()
    close(stack, "web")
    stack.freeze(timedelta(minutes=43))
    close(stack, "api")
    before = signers(stack)
    stack.freeze(FROZEN)
    close(stack, "app")

    assert len(ends(stack)) == 3
    assert troubles(stack) == []
    assert len(before) == 2, "one by either function"
    assert len(signers(stack)) == 4


@pytest.mark.row(30)
def test_a_revoked_role_is_assumed_again(start: Start) -> None:
    """A 403 for credentials that look valid: refreshed, asked once more, no failure."""
    stack = start(AuthMode="sigv4", RoleArn=ROLE)
    roles = Roles()
    stack.cluster.keys, stack.cluster.aws_secrets = (), roles
    close(stack, "web")
    stack.freeze(FROZEN)
    roles.revoked |= set(roles)
    close(stack, "api")

    assert ends(stack) == ["web: closed requested", "api: closed requested"]
    assert troubles(stack) == []
    assert len(signers(stack)) == 4
