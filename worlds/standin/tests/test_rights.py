"""The stand-in grants each caller what his privileges say."""

import base64
import json

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import NOW, Asked, ask

KEY = "ApiKey " + base64.b64encode(b"id7:x").decode()
ANN = "Basic " + base64.b64encode(b"ann:x").decode()
CLOSE = "POST /_ml/anomaly_detectors/web/_close"
STATS = "GET /_ml/anomaly_detectors/_stats"
SETTINGS = "GET /_cluster/settings"


def ask_as(given: str, privileges: list[str], line: str, body: str = "") -> Asked:
    """Ask a cluster that grants one caller something."""
    cluster = Cluster(keys={given: privileges})
    cluster.add_job("web", now=NOW)
    return ask(cluster, line, key={"Authorization": given}, body=body)


@pytest.mark.parametrize(
    ("privilege", "allowed"),
    [
        ("monitor_ml", [STATS]),
        ("manage_ml", [STATS, CLOSE]),
        ("monitor", [STATS, SETTINGS]),
        ("manage", [STATS, CLOSE, SETTINGS]),
        ("all", [STATS, CLOSE, SETTINGS]),
        ("cluster:admin/xpack/ml/job/close", [CLOSE]),
        ("cluster:monitor/*", [STATS, SETTINGS]),
    ],
)
def test_privileges(privilege: str, allowed: list[str]) -> None:
    """A privilege grants its actions and no others."""
    granted = [
        line
        for line in (STATS, CLOSE, SETTINGS)
        if ask_as(KEY, [privilege], line).status == 200
    ]

    assert granted == allowed


@pytest.mark.parametrize(
    ("given", "line", "reason"),
    [
        (
            KEY,
            CLOSE,
            (
                "action [cluster:admin/xpack/ml/job/close] is unauthorized for API key "
                "id [id7] of user [elastic], this action is granted by the cluster "
                "privileges [manage_ml,manage,all]"
            ),
        ),
        (
            ANN,
            STATS,
            (
                "action [cluster:monitor/xpack/ml/job/stats/get] is unauthorized for "
                "user [ann] with effective roles [custom], this action is granted by "
                "the cluster privileges [monitor_ml,manage_ml,monitor,manage,all]"
            ),
        ),
        (
            ANN,
            "PUT /logs",
            (
                "action [indices:admin/create] is unauthorized for user [ann] with "
                "effective roles [custom] on indices [logs], this action is granted by "
                "the index privileges [create_index,manage,all]"
            ),
        ),
    ],
)
def test_refused(given: str, line: str, reason: str) -> None:
    """A refusal says who may not do what, and what would grant it."""
    refused = ask_as(given, [], line)

    assert (403, "security_exception", reason) == (
        refused.status,
        refused.body["error"]["type"],
        refused.reason,
    )


@pytest.mark.parametrize(
    ("privileges", "expected"),
    [
        (["monitor_ml"], {"monitor_ml": True, "manage_ml": False}),
        (["manage_ml"], {"monitor_ml": True, "manage_ml": True}),
        ([], {"monitor_ml": False, "manage_ml": False}),
    ],
)
def test_has_privileges(privileges: list[str], expected: dict[str, bool]) -> None:
    """Everybody may ask what he is granted."""
    index = [{"names": ["logs"], "privileges": ["read"]}]
    body = json.dumps({"cluster": ["monitor_ml", "manage_ml"], "index": index})

    asked = ask_as(ANN, privileges, "POST /_security/user/_has_privileges", body)

    assert asked.body == {
        "username": "ann",
        "has_all_requested": False,
        "cluster": expected,
        "index": {"logs": {"read": False}},
        "application": {},
    }


def test_has_privileges_refused() -> None:
    """A privilege that does not exist is refused."""
    path = "GET /_security/user/_has_privileges"

    refused = ask_as(ANN, ["all"], path, '{"cluster": ["fly"]}')

    assert (400, "unknown cluster privilege [fly]") == (refused.status, refused.reason)


def test_the_user_of_elastics_tests() -> None:
    """The user of the published REST tests is let in, and may do everything."""
    user = base64.b64encode(b"x_pack_rest_user:x-pack-test-password").decode()

    key = {"Authorization": f"Basic {user}"}

    assert ask(Cluster(), "GET /", key=key).status == 200
