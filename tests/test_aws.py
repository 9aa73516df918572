"""The clients of AWS, as a function makes them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import get_session

from idle_jobs import aws
from idle_jobs.aws import BUS_CONFIG, CLIENT_CONFIG, Models
from stacks import forget

SERVICES = ("dynamodb", "events", "secretsmanager", "sns", "sqs", "ssm", "sts")


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make clients by a session of their own, with the models of a function."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    session = get_session()
    session.register_component("data_loader", Models())
    monkeypatch.setattr(aws, "SESSION", session)
    forget()
    yield
    forget()


@pytest.mark.parametrize("service", SERVICES)
def test_each_client_has_short_timeouts(service: str) -> None:
    """The defaults of botocore, 60 s and five attempts, would outlast an invocation."""
    config = aws.client(service).meta.config

    assert (2, 5) == (config.connect_timeout, config.read_timeout)
    assert {"mode": "standard", "total_max_attempts": 3} == config.retries


def test_a_client_of_what_changes_nothing_gives_up_sooner() -> None:
    """It is another client than the one that waits longer."""
    config = aws.client("events", BUS_CONFIG).meta.config

    assert (1, 1) == (config.connect_timeout, config.read_timeout)
    assert aws.client("events") is aws.client("events", CLIENT_CONFIG)
    assert aws.client("events") is not aws.client("events", BUS_CONFIG)


def test_threads_share_a_client() -> None:
    """Those of the Closer need the ledger at once; botocore makes no two at a time."""
    with ThreadPoolExecutor(8) as threads:
        clients = set(threads.map(aws.client, ["sqs"] * 8))

    assert len(clients) == 1


class Unread(JSONFileLoader):
    """The files of a loader, none of which is to be read."""

    def exists(self, file_path: str) -> bool:
        """Fail, since this is asked for each file."""
        raise AssertionError(file_path)


def test_the_models_are_those_of_botocore() -> None:
    """Each service is found, and no folder is looked into, which takes 25 ms."""
    found = set(Models(file_loader=Unread()).list_available_services("service-2"))

    assert set(SERVICES) < set(Loader().list_available_services("service-2")) <= found
