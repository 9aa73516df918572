"""What the cluster says of its licence, its keys and its nodes' memory."""

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError
from standin.cluster.ml import MachineLearning

LICENSE = "cluster:monitor/xpack/license/get"
MEMORY = "cluster:monitor/xpack/ml/memory/stats/get"
API_KEYS = "cluster:admin/xpack/security/api_key/get"


def get_license(ml: MachineLearning, _call: Call) -> Reply:
    """Say its type and whether it is active (RestGetLicenseAction)."""
    own = {"status": ml.license_status, "type": ml.license_type}
    more = {"uid": "9f7e0d6b-1c1c-4b9e-8f5c-3d2a1b0c9e8d", "issued_to": "stand-in"}
    return Reply({"license": own | more})


def get_memory(ml: MachineLearning, _call: Call) -> Reply:
    """Say of each node whether it runs machine learning (RestMlMemoryAction, 8.2)."""
    major, minor, _ = map(int, ml.version.split("."))
    if (major, minor) < (8, 2):
        raise ClusterError(400, "illegal_argument_exception", "request not recognised")
    nodes = {
        f"node-{number}": {
            "name": f"ml-node-{number}",
            "roles": ["data", "ml"] if number < ml.ml_nodes else ["data"],
        }
        for number in range(max(ml.ml_nodes, 1))
    }
    return Reply({"cluster_name": "stand-in", "nodes": dict(nodes)})


def get_api_keys(ml: MachineLearning, call: Call) -> Reply:
    """Say when the caller's own key expires (RestGetApiKeyAction)."""
    own: dict[str, object] = {"id": call.caller.api_key, "name": call.caller.api_key}
    if ml.key_expires:
        own["expiration"] = int(ml.key_expires.timestamp() * 1000)
    return Reply({"api_keys": [own]})
