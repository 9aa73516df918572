"""`_cluster/settings`: the settings of machine learning, and the door to them."""

from collections.abc import Mapping
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.errors import illegal_argument, invalid
from standin.cluster.ml import MachineLearning
from standin.cluster.schema import Shape, read_object
from standin.cluster.sizes import read_bytes
from standin.cluster.state import DEFAULTS, IDLE_TIMEOUT
from standin.cluster.times import time_value

_BODY = Shape("cluster_settings", {"persistent": "object", "transient": "object"})


def get_settings(ml: MachineLearning, call: Call) -> Reply:
    """Show what was set, and the defaults if they are asked for."""
    flat = call.flag("flat_settings", False)
    shown = {
        "persistent": dict(ml.settings.persistent),
        "transient": dict(ml.settings.transient),
    }
    if call.flag("include_defaults", False):
        said = shown["persistent"] | shown["transient"]
        shown["defaults"] = {
            name: value
            for name, value in ml.settings.defaults(ml.version).items()
            if name not in said
        }
    return Reply({n: v if flat else nested(v) for n, v in shown.items()})


def put_settings(ml: MachineLearning, call: Call) -> Reply:
    """Set what is known; null takes a setting back."""
    flat = call.flag("flat_settings", False)
    given = read_object(call, _BODY)
    changes = {
        kind: _flat(given.get(kind) or {}) for kind in ("persistent", "transient")
    }
    if not any(changes.values()):
        raise invalid("no settings to update")
    for kind, change in changes.items():
        for name, value in change.items():
            _check(ml, kind, name, value)
    shown: dict[str, object] = {"acknowledged": True}
    for kind, change in changes.items():
        said = {n: v for n, v in change.items() if v is not None}
        target = getattr(ml.settings, kind)
        for name in change:
            target.pop(name, None)
        target |= said
        shown[kind] = said if flat else nested(said)
    return Reply(shown)


def _check(ml: MachineLearning, kind: str, name: str, value: str | None) -> None:
    known = name in DEFAULTS and (name != IDLE_TIMEOUT or ml.since(9, 4))
    if not known and not name.startswith("logger."):
        raise illegal_argument(f"{kind} setting [{name}], not recognized")
    if value is None:
        return
    if name == IDLE_TIMEOUT:
        time_value(value, name)
    elif name.endswith("memory_limit"):
        read_bytes(value, name)
    elif name.endswith("max_open_jobs") and not value.isdigit():
        raise illegal_argument(f"Failed to parse value [{value}] for setting [{name}]")


def nested(flat: Mapping[str, object]) -> dict[str, object]:
    """Write dotted names as objects in objects."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        place = tree
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                # What has a value of its own cannot hold others: keep the dots.
                place, last = tree, name
                break
            place = inner
        place[last] = value
    return tree


def _flat(given: Mapping[str, Any], prefix: str = "") -> dict[str, str | None]:
    flat: dict[str, str | None] = {}
    for name, value in given.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            flat[prefix + name] = str(value).lower()
        else:
            flat[prefix + name] = None if value is None else str(value)
    return flat
