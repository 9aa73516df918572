"""Which cluster answered, and as whom a command asked it: the first line of a plan.

Both are for the person who reads the plan. A credential with `monitor_ml` alone may not
ask for the cluster's name, and a gateway may let through only the paths of machine
learning. What is not known is left out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idle_jobs.elastic.answers import parsed
from idle_jobs.errors import ClusterError
from idle_jobs.times import moment, rfc3339
from idle_jobs_cli.cluster.target import Target
from idle_jobs_cli.output.lines import one_line

SECONDS = 5  # The plan does not wait long for what it can do without.


@dataclass(frozen=True, slots=True)
class AskedAs:
    """The cluster's own name and version, and the identity that it knows us by.

    `simulated_time` is the time of a simulated cluster whose clock was turned.
    """

    name: str = ""
    version: str = ""
    identity: str = ""
    simulated_time: datetime | None = None


def asked_as(target: Target) -> AskedAs:
    """Ask the cluster for both; two calls."""
    root = _answer(target, "/")
    who = _answer(target, "/_security/_authenticate")
    version = root.get("version")
    return AskedAs(
        name=_text(root.get("cluster_name")),
        version=_text(version.get("number")) if isinstance(version, dict) else "",
        identity=_identity(who),
        simulated_time=_time(root.get("simulated_time")),
    )


def headline(target: Target, asked: AskedAs) -> str:
    """Return one line: which cluster, as whom, by which settings."""
    named = f"{asked.name} at {target.url}" if asked.name else target.url
    version = f" (Elasticsearch {asked.version})" if asked.version else ""
    where = f"{named}{version}{_time_there(asked)}"
    stack = f" of stack {target.stack.name}" if target.stack else ""
    turned = [f"{name}={text}" for name, text in target.settings.items()]
    settings = f"{', '.join(turned)}; all others" if turned else "all"
    identity = asked.identity or "an identity that it does not tell"
    return f"Cluster{stack}: {where}, as {identity}. Settings: {settings} by default."


def _time_there(asked: AskedAs) -> str:
    """Return the time of a simulated cluster, if its clock was turned."""
    return (
        f", whose clock shows {rfc3339(asked.simulated_time)}"
        if asked.simulated_time
        else ""
    )


def _answer(target: Target, path: str) -> dict[str, Any]:
    try:
        return dict(
            parsed(target.wire.call("GET", path, {}, read_timeout=SECONDS)) or {}
        )
    except ClusterError:
        return {}


def _identity(who: dict[str, Any]) -> str:
    user, key = _text(who.get("username")), who.get("api_key")
    if isinstance(key, dict):
        name = _text(key.get("name")) or _text(key.get("id"))
        return f"API key {name} of {user}" if user else f"API key {name}"
    return f"user {user}" if user else ""


def _text(value: object) -> str:
    return one_line(value)[:100] if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    try:
        return moment(value) if value is not None else None
    except ValueError:
        return None
