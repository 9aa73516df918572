"""The timeouts and retries of every boto3 client."""

from botocore.config import Config

# The defaults of boto3 (60 s to connect, 60 s to read, five attempts) could outlast the
# invocation. Three attempts with these timeouts take about 30 s at most.
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
