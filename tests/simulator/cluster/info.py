"""What the cluster says of itself: `GET /`, `GET _ml/info`; and upgrade mode."""

from simulator.cluster.call import Call, Reply
from simulator.cluster.ml import MachineLearning

_HASH = "8aa461beb06aa0417a231c345a1b8c38fb498a0d"


def get_root(ml: MachineLearning, _call: Call) -> Reply:
    """Say name and version."""
    major = int(ml.version.split(".")[0])
    return Reply(
        {
            "name": "ml-node-0",
            "cluster_name": "stand-in",
            "cluster_uuid": "Zb3Vw2fNQ0uJrYxXhT1k9g",
            "version": {
                "number": ml.version,
                "build_flavor": "default",
                "build_type": "docker",
                "build_hash": _HASH,
                "build_date": "2023-07-19T14:43:58.555259655Z",
                "build_snapshot": False,
                "lucene_version": "9.7.0" if major < 9 else "10.3.2",
                "minimum_wire_compatibility_version": f"{major - 1}.17.0",
                "minimum_index_compatibility_version": f"{major - 1}.0.0",
            },
            "tagline": "You Know, for Search",
        }
    )


def get_info(ml: MachineLearning, _call: Call) -> Reply:
    """Say defaults, limits, and whether upgrade mode is on."""
    return Reply(
        {
            "defaults": {
                "anomaly_detectors": {
                    "model_memory_limit": "1gb",
                    "categorization_examples_limit": 4,
                    "model_snapshot_retention_days": 10,
                    "daily_model_snapshot_retention_after_days": 1,
                },
                "datafeeds": {"scroll_size": 1000},
            },
            "upgrade_mode": ml.upgrade_mode,
            "native_code": {"version": ml.version, "build_hash": _HASH[:14]},
            "limits": {
                "effective_max_model_memory_limit": "9830mb",
                "total_ml_memory": "9830mb",
            },
        }
    )


def set_upgrade_mode(ml: MachineLearning, call: Call) -> Reply:
    """Turn upgrade mode on or off."""
    enabled = call.flag("enabled", False)
    call.time("timeout", "30s")
    ml.upgrade_mode = enabled
    return Reply({"acknowledged": True})
