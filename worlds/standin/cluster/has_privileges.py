"""`_security/user/_has_privileges`."""

from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.errors import illegal_argument, invalid
from standin.cluster.ml import MachineLearning
from standin.cluster.privileges import holds, is_privilege
from standin.cluster.schema import Shape, read_object

ACTION = "cluster:admin/xpack/security/user/has_privileges"
_INDEX = Shape(
    "index",
    {"names": "texts", "privileges": "texts", "allow_restricted_indices": "flag"},
)
_BODY = Shape(
    "has_privileges", {"cluster": "texts", "index": [_INDEX], "application": "any"}
)


def has_privileges(_ml: MachineLearning, call: Call) -> Reply:
    """Say what the caller may do of what is asked."""
    given = read_object(call, _BODY)
    if not any(given.values()):
        raise invalid("must specify at least one privilege")
    cluster = {}
    for name in given.get("cluster") or []:
        if not is_privilege(name) and name != "none":
            raise illegal_argument(f"unknown cluster privilege [{name}]")
        cluster[name] = holds(call.caller, name)
    index: dict[str, dict[str, bool]] = {}
    for each in given.get("index") or []:
        for name in each.get("names") or []:
            index[name] = {p: _on_index(call, p) for p in each.get("privileges") or []}
    everything = all(cluster.values()) and all(
        granted for of_one in index.values() for granted in of_one.values()
    )
    reply: dict[str, Any] = {
        "username": call.caller.user,
        "has_all_requested": everything,
        "cluster": cluster,
        "index": index,
        "application": {},
    }
    return Reply(reply)


def _on_index(call: Call, _privilege: str) -> bool:
    return bool({"all", "indices:*"} & call.caller.privileges)
