"""How long the functions wait for AWS's own APIs; the clients are made where used."""

from botocore.config import Config

# The SDK's own minute for each of five tries would outlast a look at a batch, and the
# state that it has read. Three tries of these take half a minute at the most.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)
