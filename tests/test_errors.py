"""The tree of errors is the one that its docstring draws."""

import json
import re
from collections.abc import Iterator

import pytest
import requests

from idle_jobs import errors
from idle_jobs.elastic.answers import error_of
from idle_jobs.elastic.transport import error_of_transport
from idle_jobs.errors import ClusterError, Evidence, TryLater
from idle_jobs.reasons import Reason

Edges = set[tuple[str, str]]


def drawn(picture: str) -> Edges:
    """Return (parent, child) for each branch of the picture."""
    edges, above = set(), ["ClusterError"]
    for branch in re.finditer(r"^([│ ]*)[├└]── (\w+)", picture, re.MULTILINE):
        depth = 1 + len(branch[1]) // 4
        edges.add((above[depth - 1], branch[2]))
        above[depth:] = [branch[2]]
    return edges


def grown(parent: type[ClusterError]) -> Iterator[tuple[str, str]]:
    """Yield (parent, child) for each subclass that the module defines."""
    for child in parent.__subclasses__():
        yield parent.__name__, child.__name__
        yield from grown(child)


def leaves(parent: type[ClusterError]) -> Iterator[type[ClusterError]]:
    """Yield the classes that have no subclasses."""
    children = parent.__subclasses__()
    for child in children:
        yield from leaves(child)
    if not children:
        yield parent


def test_the_picture_is_the_tree() -> None:
    """Who reads the docstring knows every class and its parent."""
    assert drawn(errors.__doc__ or "") == set(grown(ClusterError))


def test_the_tree_has_six_branches_and_one_is_evidence() -> None:
    """Each branch is one thing that a caller should do."""
    assert {"JobFailed", "DatafeedWouldNotStop"} == {
        child for _, child in grown(Evidence)
    }
    assert 6 == len(ClusterError.__subclasses__())


REASONS = {
    "LookAgain": Reason.STILL_CLOSING,
    "Unanswered": Reason.STILL_CLOSING,
    "TryLater": Reason.CLUSTER_UNAVAILABLE,
    "NotSent": Reason.CLUSTER_UNAVAILABLE,
    "NotReached": Reason.CLUSTER_UNAVAILABLE,
    "Gone": Reason.GONE,
    "JobFailed": Reason.FAILED,
    "DatafeedWouldNotStop": Reason.DATAFEED_WOULD_NOT_STOP,
    "Refused": Reason.CLUSTER_REFUSED,
    "NotOnServerless": Reason.CLUSTER_REFUSED,
    "BadRequest": Reason.BAD_REQUEST,
}


LEAVES = {kind.__name__: kind for kind in leaves(ClusterError)}


@pytest.mark.parametrize("kind", LEAVES.values(), ids=LEAVES)
def test_each_error_has_a_reason_of_its_own(kind: type[ClusterError]) -> None:
    """An error that nobody gave a reason tells its class's."""
    error = kind("what happened")

    assert ("what happened", REASONS[kind.__name__]) == (str(error), error.reason)


def test_a_reason_may_be_given() -> None:
    """Upgrade mode and throttling are both later, and are told apart."""
    error = TryLater("slow down", Reason.THROTTLED)

    assert (Reason.THROTTLED, Reason.CLUSTER_UNAVAILABLE) == (
        error.reason,
        TryLater.reason,
    )


def test_what_an_error_says_fits_a_log_and_a_terminal() -> None:
    """It may quote anything, in any length."""
    error = TryLater("\ud800\x1b[2J\n" + "x" * 10_000)

    assert "??[2J?" + "x" * 994 == str(error)


ECHOES = {
    "a key": "Authorization: ApiKey dGVzdDp0ZXN0ZXN0ZXN0",
    "a user": '{"authorization":"Basic dGVzdDp0ZXN0ZXN0ZXN0"}',
    "a signature": "SignedHeaders=host, Signature=dGVzdDp0ZXN0ZXN0ZXN0",
    "a short user": "authorization: Basic dGVzdDp0ZXN0",
    "a session": "x-amz-security-token:dGVzdDp0ZXN0ZXN0ZXN0",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_credential_that_is_sent_back_is_not_told(echo: str) -> None:
    """Proxies like to show the request that they could not serve."""
    assert "dGVzdDp0ZXN0" not in str(TryLater(echo))


@pytest.mark.parametrize("place", range(20, 90))
@pytest.mark.parametrize("scheme", ["Basic", "ApiKey"])
def test_no_part_of_a_credential_is_told(scheme: str, place: int) -> None:
    """Wherever the text that shows it is cut: it is hidden before."""
    echo = "-" * place + f" Authorization: {scheme} dGVzdDp0ZXN0ZXN0ZXN0"
    error = {"error": {"type": "odd", "reason": "-" * 410 + echo}}
    bodies = [echo.encode(), json.dumps(error).encode()]

    told = [str(error_of(400, body)) for body in bodies]
    told.append(str(error_of_transport(requests.ConnectionError("-" * 220 + echo))))
    assert [] == [each for each in told if "dGV" in each]


def test_words_about_credentials_are_told() -> None:
    """They say what an operator has to mend."""
    words = "security_exception: missing token, or basic authentication, or a signature"

    assert words == str(TryLater(words))
