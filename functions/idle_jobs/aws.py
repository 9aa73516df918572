"""The timeouts and retries of every boto3 client."""

from botocore.config import Config

# The defaults of boto3 (60 s to connect, 60 s to read, five attempts) could outlast the
# invocation. Three attempts with these timeouts take about 30 s at most.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)
