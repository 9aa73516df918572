"""What the cluster says of its licence, its keys and its nodes' memory."""

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import CLUSTER_NAME, JOB_NODE
from standin.cluster.sizes import read_bytes

LICENSE = "cluster:monitor/xpack/license/get"
MEMORY = "cluster:monitor/xpack/ml/memory/stats/get"
OVERHEAD = 31457280  # bytes of native code, once a job runs
API_KEYS = "cluster:admin/xpack/security/api_key/get"


def get_license(ml: MachineLearning, _call: Call) -> Reply:
    """Say its type and whether it is active (RestGetLicenseAction)."""
    own = {"status": ml.license_status, "type": ml.license_type}
    more = {"uid": "9f7e0d6b-1c1c-4b9e-8f5c-3d2a1b0c9e8d", "issued_to": "stand-in"}
    return Reply({"license": own | more})


def get_memory(ml: MachineLearning, _call: Call) -> Reply:
    """Say what each node may hold, and does (RestMlMemoryAction, 8.2).

    All jobs run on the first node. Its memory does not bound their sum, so it is at
    least as large.
    """
    major, minor, _ = map(int, ml.version.split("."))
    if (major, minor) < (8, 2):
        raise ClusterError(400, "illegal_argument_exception", "request not recognised")
    held = [job for job in ml.jobs.values() if job.has_task and job.assigned]
    reserved = sum(read_bytes(job.memory, "") for job in held if job.state != "failed")
    nodes: dict[str, object] = {}
    for number in range(max(ml.ml_nodes, 1)):
        runs = number < ml.ml_nodes
        memory = {
            "max_in_bytes": max(read_bytes(ml.memory, ""), reserved) if runs else 0,
            "native_code_overhead_in_bytes": OVERHEAD if reserved and not number else 0,
            "anomaly_detectors_in_bytes": 0 if number else reserved,
            "data_frame_analytics_in_bytes": 0,
            "native_inference_in_bytes": 0,
        }
        nodes[f"node-{number}" if number else JOB_NODE["id"]] = {
            "name": f"ml-node-{number}",
            "roles": ["data", "ml"] if runs else ["data"],
            "mem": {"ml": memory},
        }
    shards = {"total": len(nodes), "successful": len(nodes), "failed": 0}
    return Reply({"_nodes": shards, "cluster_name": CLUSTER_NAME, "nodes": nodes})


def get_api_keys(ml: MachineLearning, call: Call) -> Reply:
    """Say when the caller's own key expires (RestGetApiKeyAction)."""
    own: dict[str, object] = {"id": call.caller.api_key, "name": call.caller.api_key}
    if ml.key_expires:
        own["expiration"] = int(ml.key_expires.timestamp() * 1000)
    return Reply({"api_keys": [own]})
