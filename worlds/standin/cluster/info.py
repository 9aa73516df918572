"""What the cluster says of itself: `GET /`, `GET _ml/info`; and upgrade mode."""

from standin.cluster.call import Call, Reply
from standin.cluster.categories import ANALYZER
from standin.cluster.media import BUILD
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import CLUSTER_NAME, CLUSTER_UUID
from standin.cluster.sizes import read_bytes, write_bytes

_MOST = "xpack.ml.max_model_memory_limit"


def get_root(ml: MachineLearning, call: Call) -> Reply:
    """Say name and version, and the time if it is not that of the machine.

    No cluster says `simulated_time`: it is for those who have to judge by that clock.
    """
    major = int(ml.version.split(".")[0])
    turned = ml.clock_is_turned()
    return Reply(
        {
            "name": "ml-node-0",
            "cluster_name": CLUSTER_NAME,
            "cluster_uuid": CLUSTER_UUID,
            "version": {
                "number": ml.version,
                "build_flavor": "default",
                "build_type": "docker",
                "build_hash": BUILD,
                "build_date": "2023-07-19T14:43:58.555259655Z",
                "build_snapshot": False,
                "lucene_version": "9.7.0" if major < 9 else "10.3.2",
                "minimum_wire_compatibility_version": f"{major - 1}.17.0",
                "minimum_index_compatibility_version": f"{major - 1}.0.0",
            },
            "tagline": "You Know, for Search",
            **({"simulated_time": call.now.isoformat()} if turned else {}),
        }
    )


def authenticate(_ml: MachineLearning, call: Call) -> Reply:
    """Say who asks (RestAuthenticateAction of 8.x)."""
    caller, key = call.caller, {}
    realm = {"name": "reserved", "type": "reserved"}
    if caller.api_key:
        realm = {"name": "_es_api_key", "type": "_es_api_key"}
        key = {"api_key": {"id": caller.api_key, "name": caller.api_key}}
    user: dict[str, object] = {
        "username": caller.user,
        "roles": [] if key else [caller.role],
        "full_name": None,
        "email": None,
        "metadata": {},
        "enabled": True,
        "authentication_realm": realm,
        "lookup_realm": realm,
        "authentication_type": "api_key" if key else "realm",
    }
    return Reply(user | key)


def get_info(ml: MachineLearning, _call: Call) -> Reply:
    """Say defaults, limits, and whether upgrade mode is on."""
    most = ml.settings.get(_MOST)
    largest = read_bytes(most, _MOST) if most else 0
    effective = min(largest or 1 << 60, read_bytes(ml.memory, ""))
    limits = {"max_model_memory_limit": write_bytes(largest)} if largest else {}
    return Reply(
        {
            "defaults": _defaults(min(largest or 1 << 30, 1 << 30)),
            "upgrade_mode": ml.upgrade_mode,
            "native_code": {"version": ml.version, "build_hash": BUILD[:14]},
            "limits": {
                **limits,
                "effective_max_model_memory_limit": f"{effective >> 20}mb",
                "total_ml_memory": ml.memory,
            },
        }
    )


def _defaults(memory: int) -> dict[str, object]:
    return {
        "anomaly_detectors": {
            "categorization_analyzer": ANALYZER,
            "model_memory_limit": write_bytes(memory),
            "categorization_examples_limit": 4,
            "model_snapshot_retention_days": 10,
            "daily_model_snapshot_retention_after_days": 1,
        },
        "datafeeds": {"scroll_size": 1000},
    }


def set_upgrade_mode(ml: MachineLearning, call: Call) -> Reply:
    """Turn upgrade mode on or off."""
    enabled = call.flag("enabled", False)
    call.time("timeout", "30s")
    if ml.upgrade_mode and not enabled:
        ml.start_again(call.now)
    ml.upgrade_mode = enabled
    return Reply({"acknowledged": True})
