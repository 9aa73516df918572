"""The stand-in lets in who shows an accepted key."""

import base64

import pytest

from standin.cluster import Cluster
from standin.cluster.asking import ask

UNABLE = (
    "unable to authenticate with provided credentials and anonymous access is not "
    "allowed for this request"
)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "missing authentication credentials for REST request [/_ml/info?pretty]"),
        (
            {"Authorization": "Basic " + base64.b64encode(b"ann:x").decode()},
            "unable to authenticate user [ann] for REST request [/_ml/info?pretty]",
        ),
        ({"Authorization": "ApiKey ???"}, UNABLE),
        ({"Authorization": "Bearer x"}, UNABLE),
        ({"Authorization": "AWS4-HMAC-SHA256 nonsense"}, UNABLE),
    ],
)
def test_unauthenticated(given: dict[str, str], reason: str) -> None:
    """Who shows no accepted key gets 401 and hears which realms there are."""
    asked = ask(Cluster(), "GET /_ml/info?pretty", key=given)

    assert (401, reason) == (asked.status, asked.reason)
    assert asked.headers["WWW-Authenticate"].endswith("ApiKey")
    assert asked.body["error"]["header"]["WWW-Authenticate"][-1] == "ApiKey"


def test_unknown_key_is_named() -> None:
    """An unknown API key is named by its id."""
    key = {"Authorization": "ApiKey " + base64.b64encode(b"id7:x").decode()}

    asked = ask(Cluster(), "GET /", key=key)

    assert (
        asked.body["error"]["additional_unsuccessful_credentials"]
        == "API key: unable to find apikey with id id7"
    )
