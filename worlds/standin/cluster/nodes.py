"""The name of the cluster, and its one node, as stats show it."""

from typing import Any

CLUSTER_NAME = "stand-in"
CLUSTER_UUID = "Zb3Vw2fNQ0uJrYxXhT1k9g"

JOB_NODE: dict[str, Any] = {
    "id": "N2mYz0rjQ3mXJw0nK4Hb3A",
    "name": "ml-node-0",
    "ephemeral_id": "kT6w9xq3R4q1Z8m5hJ2vXg",
    "transport_address": "127.0.0.1:9300",
    "attributes": {
        "ml.allocated_processors": "4",
        "ml.machine_memory": "17179869184",
        "ml.max_jvm_size": "4294967296",
        "xpack.installed": "true",
    },
}
# Datafeeds show only the attributes that begin with `ml.`.
DATAFEED_NODE: dict[str, Any] = {
    **JOB_NODE,
    "attributes": {
        "ml.allocated_processors": "4",
        "ml.machine_memory": "17179869184",
        "ml.max_jvm_size": "4294967296",
    },
}
