"""`_cluster/health`: how well the cluster is, and waiting until it is as asked."""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from operator import eq, ge, gt, le, lt
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError, illegal_argument
from standin.cluster.ml import MachineLearning
from standin.cluster.nodes import CLUSTER_NAME

ACTION = "cluster:monitor/health"

_NODES = 1
_STATUSES = ("green", "yellow", "red")
_EVENTS = ("immediate", "urgent", "high", "normal", "low", "languid")
_Compare = Callable[[int, int], bool]
_WORDS: dict[str, _Compare] = {"ge": ge, "le": le, "gt": gt, "lt": lt}
_SIGNS: dict[str, _Compare] = {">=": ge, "<=": le, ">": gt, "<": lt, "": eq}
_SHARDS = ("relocating_shards", "initializing_shards", "unassigned_shards")


def get_health(ml: MachineLearning, call: Call) -> Reply:
    """Say how well the cluster is, at once or when a wait for more has timed out.

    Every shard is well at any time, so what is not so at once will not be: an index
    that is not there, nodes or shards that there are not.
    """
    timeout, _ = call.time("timeout", "30s")
    found, missing = _indices(ml, call.ids or "")
    status = "red" if missing else "green"
    shards = {name: _count(ml.indices.get(name, {})) for name in sorted(found)}
    total = sum(shards.values())
    late = missing or not all(_waits(call, status, total))
    health = {"cluster_name": CLUSTER_NAME, "status": status, "timed_out": late}
    level = call.given.get("level", "cluster")
    indices = {name: _index(n, level == "shards") for name, n in shards.items()}
    shown = {"indices": indices} if level in ("indices", "shards") else {}
    body = {**health, **_numbers(total), **shown}
    return Reply(body, timeout if late else timeout * 0, 408 if late else 200)


def _indices(ml: MachineLearning, expression: str) -> tuple[set[str], bool]:
    """Find the indices; say with them whether one is missing that has a name."""
    there = {*ml.indices, *([".ml-config"] if ml.jobs else [])}
    asked = [name.strip() for name in expression.split(",") if name.strip()]
    if not asked or "_all" in asked:
        return there, False
    found: set[str] = set()
    for name in asked:
        # The hidden indices of machine learning are there as soon as they are needed.
        own = {name} if name.startswith(".ml-") and "*" not in name else set()
        matched = own or {each for each in there if fnmatchcase(each, name)}
        if not matched and "*" not in name:
            return found, True
        found |= matched
    return found, False


def _waits(call: Call, status: str, shards: int) -> list[bool]:
    """Say of each condition whether it is met.

    Source: TransportClusterHealthAction and RestClusterHealthAction, two stored
    versions.
    """
    given = {name: str(value) for name, value in call.given.items()}
    wanted = given.get("wait_for_status", "red").lower()
    _check(wanted, _STATUSES, "cluster.health.ClusterHealthStatus")
    _check(given.get("wait_for_events", "languid"), _EVENTS, "common.Priority")
    # No shard ever moves or begins; the flags are read for their form alone.
    call.flag("wait_for_no_relocating_shards", False)
    call.flag("wait_for_no_initializing_shards", False)
    call.flag("local", False)
    return [
        _STATUSES.index(status) <= _STATUSES.index(wanted),
        _enough_nodes(given.get("wait_for_nodes", "")),
        _enough_shards(given.get("wait_for_active_shards", "0"), shards),
    ]


def _check(value: str, known: Sequence[str], kind: str) -> None:
    if value.lower() not in known:
        reason = f"No enum constant org.elasticsearch.{kind}.{value.upper()}"
        raise illegal_argument(reason)


def _enough_nodes(wanted: str) -> bool:
    if not wanted:
        return True
    if match := re.fullmatch(r"(ge|le|gt|lt)\((.*)\)", wanted):
        return _WORDS[match[1]](_NODES, _whole(match[2]))
    sign = next(sign for sign in _SIGNS if wanted.startswith(sign))
    return _SIGNS[sign](_NODES, _whole(wanted.removeprefix(sign)))


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        reason = f'For input string: "{text}"'
        raise ClusterError(400, "number_format_exception", reason)
    return int(text)


def _enough_shards(wanted: str, shards: int) -> bool:
    if wanted == "all":
        return True
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", wanted):
        raise illegal_argument(f"cannot parse ActiveShardCount[{wanted}]")
    if int(wanted) < 0:
        raise illegal_argument("shard count cannot be a negative value")
    return shards >= int(wanted)


def _numbers(shards: int) -> dict[str, object]:
    return {
        "number_of_nodes": _NODES,
        "number_of_data_nodes": _NODES,
        "active_primary_shards": shards,
        "active_shards": shards,
        **dict.fromkeys(_SHARDS, 0),
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    }


def _count(index: Mapping[str, Any]) -> int:
    """Count the shards that an index was created with; replicas do not count here."""
    settings = index.get("settings") or {}
    within = settings.get("index")
    nested = within if isinstance(within, dict) else {}
    name = "number_of_shards"
    given = nested.get(name) or settings.get(name) or settings.get(f"index.{name}")
    text = str(given or 1)
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 1


def _index(count: int, shards: bool) -> dict[str, object]:
    well = {"status": "green", **dict.fromkeys(_SHARDS, 0)}
    counts = ("number_of_shards", "active_primary_shards", "active_shards")
    shown = {**well, **dict.fromkeys(counts, count), "number_of_replicas": 0}
    each = {**well, "primary_active": True, "active_shards": 1}
    return shown | ({"shards": {str(n): each for n in range(count)}} if shards else {})
