"""The stand-in verifies AWS signatures against two signers that are not its own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests_aws4auth import AWS4Auth

from standin.cluster import Answer, Cluster, Request
from standin.cluster.asking import NOW

Signer = Callable[..., Request]

HOST = "https://search.example.com"
PATHS = [
    "/_ml/info",
    "/_ml/anomaly_detectors/a%20b,c/_stats?filter_path=jobs.%2A%2Ccount&pretty",
    "/_ml/anomaly_detectors/*/_stats?allow_no_match=true",
    "/_ml/anomaly_detectors/%C3%A9/_stats",
    "/_ml/./x/../info",
    "/_ml//anomaly_detectors/_stats?b=2&a=1&a=0",
]


def by_aws4auth(path: str, method: str = "GET", body: bytes = b"") -> Request:
    """Sign with requests-aws4auth."""
    auth = AWS4Auth("AKID", "secret", "eu-west-1", "es", session_token="token")
    signed = requests.Request(method, HOST + path, data=body, auth=auth).prepare()
    headers = {**signed.headers, "Host": "search.example.com"}
    return Request(method, signed.path_url, headers, body)


def by_botocore(path: str, method: str = "GET", body: bytes = b"") -> Request:
    """Sign with botocore."""
    request = AWSRequest(method, HOST + path, data=body)
    SigV4Auth(Credentials("AKID", "secret", "token"), "es", "eu-west-1").add_auth(
        request
    )
    headers = {**dict(request.headers.items()), "Host": "search.example.com"}
    return Request(method, path, headers, body)


def answer(request: Request, late: timedelta = timedelta()) -> Answer:
    """Ask a cluster that knows the secret."""
    cluster = Cluster(aws_secrets={"AKID": "secret"})
    return cluster.handle(request, NOW + late)[0]


@pytest.mark.parametrize("signer", [by_aws4auth, by_botocore])
@pytest.mark.parametrize("path", PATHS)
@time_machine.travel(NOW, tick=False)
def test_accepts(signer: Signer, path: str) -> None:
    """A right signature passes, however the path is written."""
    assert answer(signer(path)).status not in {401, 403}


@pytest.mark.parametrize("signer", [by_aws4auth, by_botocore])
@time_machine.travel(NOW, tick=False)
def test_accepts_body(signer: Signer) -> None:
    """A body is signed too."""
    request = signer("/_ml/anomaly_detectors/x/_close", "POST", b"{}")

    assert answer(request).status not in {401, 403}


@time_machine.travel(NOW, tick=False)
def test_accepts_unsigned_payload() -> None:
    """A header may say that the body is not part of the signature."""
    request = AWSRequest(
        "GET", HOST + "/", headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    )
    SigV4Auth(Credentials("AKID", "secret"), "es", "eu-west-1").add_auth(request)
    headers = {**dict(request.headers.items()), "Host": "search.example.com"}

    assert answer(Request("GET", "/", headers)).status == 200


@pytest.mark.parametrize("part", ["path", "method", "body", "header", "key"])
@time_machine.travel(NOW, tick=False)
def test_refuses_tampering(part: str) -> None:
    """A request that was changed after it was signed is refused."""
    path, body = "/_ml/anomaly_detectors/x/_close", b"{}"
    signed = by_aws4auth(path, "POST", body)
    given = signed.headers["Authorization"]
    headers = {
        "header": {**signed.headers, "Host": "other.example.com"},
        "key": {**signed.headers, "Authorization": given.replace("AKID", "OTHER")},
    }
    request = Request(
        "PUT" if part == "method" else "POST",
        path + "?force=true" if part == "path" else path,
        headers.get(part, signed.headers),
        b"{ }" if part == "body" else body,
    )

    refused = answer(request)

    assert refused.status == 403
    wording = b"security token" if part == "key" else b"does not match the signature"
    assert wording in refused.body


@pytest.mark.parametrize(
    ("late", "wording"), [(301, b"Signature expired"), (-301, b"not yet current")]
)
@time_machine.travel(NOW, tick=False)
def test_refuses_old_dates(late: int, wording: bytes) -> None:
    """A date more than five minutes off is refused by AWS with its own message."""
    refused = answer(by_aws4auth("/_ml/info"), timedelta(seconds=late))

    assert refused.status == 403
    assert wording in refused.body


@pytest.mark.parametrize(("late", "status"), [(299, 200), (301, 401), (-301, 401)])
@time_machine.travel(NOW, tick=False)
def test_without_secrets(late: int, status: int) -> None:
    """A cluster that knows no secret looks at the form and the date alone."""
    request = by_aws4auth("/_ml/info")
    taken = Cluster().handle(request, NOW + timedelta(seconds=late))[0]

    assert taken.status == status
