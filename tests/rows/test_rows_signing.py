"""Row 30: a credential was rotated or revoked, or the connections died meanwhile."""

import json
from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest

from e2e.door import Door, before
from local.runner import Runner
from local.schedule import DAILY
from rows.roles import ROLE, Roles
from stacks import START, add_busy, after, ends
from standin.cluster import Cluster as StandIn
from standin.cluster import serve

pytestmark = pytest.mark.slow

OTHER_KEY = "b3RoZXI6a2V5"  # other:key
ASSUMED = DAILY | {"AuthMode": "sigv4", "RoleArn": ROLE, "SecretArn": ""}


def close(stack: Runner, job_id: str, minutes: int) -> None:
    """Ask for a job, and let the functions close it until a minute has passed."""
    add_busy(stack, job_id)
    stack.request(job_id=job_id)
    stack.run(after(minutes=minutes))


def refusals(stack: Runner) -> list[str]:
    """Return what was counted, warned of, or raised as a failure of the cluster."""
    warned = [x["message"] for x in stack.log if x["level"] in ("WARNING", "ERROR")]
    counted = [m for m in ("ClusterRefused", "RecordsBroken") if stack.metrics[m]]
    return warned + counted + [str(error) for _, error in stack.errors]


def given(stack: Runner) -> list[str]:
    """Return the key or the key id of each request, each once, in order."""
    values = (line.headers["Authorization"] for line in stack.cluster.log)
    return list(dict.fromkeys(value.split("/")[0] for value in values))


@pytest.mark.row(30)
def test_row_30_a_rotated_key_is_fetched_again_after_one_401(stack: Runner) -> None:
    """The cached key is void -> 401, the secret is read anew, asked once more."""
    close(stack, "web", 1)
    stack.cluster.keys = (f"ApiKey {OTHER_KEY}",)
    secrets = boto3.client("secretsmanager")
    [secret] = secrets.list_secrets()["SecretList"]
    text = json.dumps({"encoded": OTHER_KEY})
    secrets.put_secret_value(SecretId=secret["ARN"], SecretString=text)
    before_it = len(stack.cluster.log)
    close(stack, "api", 3)
    calls = [x.headers["Authorization"] for x in stack.cluster.log[before_it:]]

    assert ends(stack) == ["web: closed requested", "api: closed requested"]
    assert refusals(stack) == []
    assert sum(OTHER_KEY not in call for call in calls) == 1, "one 401 for this process"


STALE: dict[str, tuple[Callable[[Runner, Roles], object], int]] = {
    "revoked": (lambda _, roles: roles.revoked.update(roles), 1),
    "expired": (lambda stack, _: stack.shift(timedelta(hours=2)), 0),
}


@pytest.mark.row(30)
@pytest.mark.parametrize(("spoil", "refused"), STALE.values(), ids=STALE)
def test_row_30_a_role_that_is_void_is_assumed_again(
    spoil: Callable[[Runner, Roles], object], refused: int
) -> None:
    """Its key looks valid -> one 403, and once more; it looks expired -> not even."""
    cluster, roles = StandIn(keys=()), Roles()
    cluster.aws_secrets = roles
    with Runner(cluster, START, ASSUMED) as stack:
        close(stack, "web", 1)
        spoil(stack, roles)
        before_it = len(cluster.log)
        close(stack, "api", 125)
        old, new = given(stack)
        calls = [x.headers["Authorization"] for x in cluster.log[before_it:]]

        assert ends(stack) == ["web: closed requested", "api: closed requested"]
        assert refusals(stack) == []
        assert sum(call.startswith(old) for call in calls) == refused
        assert old != new


@pytest.mark.row(30)
@pytest.mark.parametrize("die", [Door.cut, Door.forget], ids=lambda f: f.__name__)
def test_row_30_dead_connections_are_made_anew(die: Callable[[Door], None]) -> None:
    """Frozen for 20 minutes, the connections died -> new ones, and no error."""
    cluster = StandIn()
    with (
        serve(cluster) as url,
        before(url, lambda *_: True) as door,
        Runner(cluster, START, DAILY | {"ClusterUrl": door.url}) as stack,
    ):
        close(stack, "web", 1)
        stack.shift(timedelta(minutes=20))
        die(door)
        came = door.came
        close(stack, "api", 25)

        assert ends(stack) == ["web: closed requested", "api: closed requested"]
        assert refusals(stack) == []
        assert door.came > came
