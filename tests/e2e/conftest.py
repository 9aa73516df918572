"""The stack that the built functions run in: AWS's APIs from moto, and a cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from e2e.runtime_api import Runtime
from simulator.cluster import Cluster, serve
from simulator.topology import Topology, environment_of

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
PYTHON = ROOT / ".venv-e2e" / "bin" / "python"
TOPOLOGY = Topology.load()
REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "made-up"}


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """Serve AWS's APIs and return where."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def resources(aws: str) -> dict[str, str]:
    """Make the queues and the mode, and return what `!Ref` gives for them."""
    session = boto3.Session(
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    sqs = session.client("sqs", endpoint_url=aws)
    urls = {n: sqs.create_queue(QueueName=n)["QueueUrl"] for n in TOPOLOGY.queues}
    ssm = session.client("ssm", endpoint_url=aws)
    ssm.put_parameter(Name="/drill/mode", Value="close", Type="String")
    return urls | {"ModeParameter": "/drill/mode"}


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """Serve an empty cluster and return where."""
    with serve(Cluster()) as url:
        yield url


Start = Callable[[str], Runtime]


@pytest.fixture
def start(aws: str, resources: dict[str, str], cluster_url: str) -> Start:
    """Return what starts a built function, by its logical name."""
    parameters = {"ClusterName": "drill", "ClusterUrl": cluster_url}

    def start(name: str) -> Runtime:
        function = TOPOLOGY.functions[name]
        environment = environment_of(function, parameters, resources) | KEYS
        environment |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        environment |= {"AWS_ENDPOINT_URL": aws}
        environment |= {"AWS_LAMBDA_FUNCTION_NAME": name}
        environment |= {"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST"}
        environment |= {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory)}
        return Runtime(PYTHON, BUILD / name, function.handler, environment, timeout=30)

    return start
