"""The only module that makes clients of AWS; it sets their timeouts and retries.

They are made by botocore, which boto3 wraps. To import boto3 takes 30 ms more of a cold
start, for uploads to S3 and other things that no function needs.
"""

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.session import get_session

# The defaults of botocore (60 s to connect, 60 s to read, five attempts) could outlast
# the invocation. Three attempts with these timeouts take about 30 s at most.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)

# For EventBridge and SNS, whose answers change nothing: about 5 s at most. The second
# attempt is for a connection that was closed while the function was frozen.
BUS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
)


SERVICES = ["dynamodb", "events", "secretsmanager", "sns", "sqs", "ssm", "sts"]


class Models(Loader):
    """Loads the models of these services.

    botocore looks into the folders of all 400 before its first client: 25 of 60 ms.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's
        """Return the names of the services that there are for us."""
        return SERVICES


SESSION = get_session()
SESSION.register_component("data_loader", Models())
_MAKING = Lock()


def load_models() -> None:
    """Load what the clients that every handler needs are made from: 50 of their 65 ms.

    At its import, Lambda gives a function a whole processor, and later the share of its
    memory: a seventh at 256 MB. No client is made there. That would need a region, and
    an environment that cannot be initialised writes no line of ours.
    """
    SESSION.get_available_partitions()  # Loads the endpoints of all services.
    for service in ("dynamodb", "sqs", "ssm"):
        SESSION.get_service_model(service)


def client(service: str, config: Config = CLIENT_CONFIG) -> Any:  # noqa: ANN401 - any client
    """Return the client of a service. It is made when it is first needed.

    The threads of the Closer may need it at once, and botocore makes no two at a time.
    """
    with _MAKING:
        return made(service, config)


@cache
def made(service: str, config: Config) -> Any:  # noqa: ANN401 - as above
    """Return the client of a service; not for threads."""
    return SESSION.create_client(service, config=config)


def current_credentials() -> Credentials | None:
    """Return the credentials of this environment as they are now; None without any."""
    provider = SESSION.get_component("credential_provider")
    found: Credentials | None = provider.load_credentials()
    return found


def current_region() -> str:
    """Return the region of this environment, or ""."""
    return SESSION.get_config_variable("region") or ""
