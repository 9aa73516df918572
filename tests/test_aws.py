"""The clients of AWS, as a function makes them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import get_session

from idle_jobs import aws
from idle_jobs.aws import BUS_CONFIG, CLIENT_CONFIG, SERVICES, Models
from stacks import forget


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


def test_clients_are_made_from_what_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No invocation waits for the large files: the endpoints, and the models."""
    loaded: list[str] = []
    load = JSONFileLoader.load_file

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        loaded.append(Path(file_path).name)
        return load(self, file_path)

    monkeypatch.setattr(JSONFileLoader, "load_file", load_file)
    aws.load_models()
    assert {"endpoints", "service-2"} <= {*loaded}
    loaded.clear()
    for service in ("dynamodb", "sqs", "ssm"):
        aws.client(service)

    assert {"endpoint-rule-set-1"} <= {*loaded}
    assert not {"endpoints", "service-2"} & {*loaded}


def test_no_folder_of_another_service_is_looked_into() -> None:
    """Without ours, botocore does, before its first client, for 25 ms."""
    with pytest.raises(UnknownServiceError):
        aws.client("s3")

    assert set(SERVICES) < set(Loader().list_available_services("service-2"))
