"""What a caller may do: cluster privileges, and the actions that each one grants."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from standin.cluster.errors import ClusterError

# Least powerful first, which is the order in which a refusal names them.
_GRANTS: dict[str, tuple[str, ...]] = {
    "monitor_ml": ("cluster:monitor/xpack/ml/*",),
    "manage_ml": ("cluster:monitor/xpack/ml/*", "cluster:admin/xpack/ml/*"),
    "monitor": ("cluster:monitor/*",),
    "manage": ("cluster:monitor/*", "cluster:admin/*"),
    "all": ("*",),
}
_INDEX_GRANTS: Mapping[str, str] = {
    "indices:admin/create": "create_index,manage,all",
    "indices:admin/delete": "delete_index,manage,all",
    "indices:admin/get": "view_index_metadata,manage,all",
    "indices:admin/refresh": "maintenance,manage,all",
}
# What every user may ask, about himself.
_FREE = {
    "cluster:admin/xpack/security/user/has_privileges",
    "cluster:admin/xpack/security/user/authenticate",
}


@dataclass(frozen=True)
class Caller:
    """Who asks; an API key has no roles of its own."""

    user: str
    privileges: frozenset[str]
    api_key: str = ""

    @property
    def authorization(self) -> dict[str, object]:
        """Write what a datafeed remembers of its creator."""
        if self.api_key:
            return {"api_key": {"id": self.api_key, "name": self.user}}
        return {"roles": [self.role]}

    @property
    def role(self) -> str:
        """Name the one role that holds the privileges."""
        return "superuser" if "all" in self.privileges else "custom"


SUPERUSER = Caller("elastic", frozenset({"all"}))


def may(caller: Caller, action: str) -> bool:
    """Say whether an action is granted to the caller."""
    return action in _FREE or any(
        fnmatchcase(action, pattern)
        for privilege in caller.privileges
        # The name of an action is a privilege too.
        for pattern in _GRANTS.get(privilege, (privilege,))
    )


def holds(caller: Caller, privilege: str) -> bool:
    """Say whether the caller holds all that a privilege grants."""
    patterns = _GRANTS.get(privilege, (privilege,))
    if "all" in caller.privileges or privilege in caller.privileges:
        return True
    return all(may(caller, pattern.replace("*", "_")) for pattern in patterns)


def is_privilege(name: str) -> bool:
    """Say whether this is the name of a privilege, or of an action."""
    return name in _GRANTS or name.startswith(("cluster:", "indices:"))


def authorize(caller: Caller, action: str, index: str | None) -> None:
    """Refuse an action that is not granted."""
    if may(caller, action):
        return
    on_index = action.startswith("indices:")
    who = (
        f"API key id [{caller.api_key}] of user [{caller.user}]"
        if caller.api_key
        else f"user [{caller.user}] with effective roles [{caller.role}]"
    )
    where = f" on indices [{index or '_all'}]" if on_index else ""
    kind = "index" if on_index else "cluster"
    reason = (
        f"action [{action}] is unauthorized for {who}{where}, this action is granted "
        f"by the {kind} privileges [{_granting(action)}]"
    )
    raise ClusterError(403, "security_exception", reason)


def _granting(action: str) -> str:
    if action in _INDEX_GRANTS:
        return _INDEX_GRANTS[action]
    return ",".join(
        name
        for name, patterns in _GRANTS.items()
        if any(fnmatchcase(action, pattern) for pattern in patterns)
    )


def privileges_of(keys: Collection[str], given: str) -> frozenset[str]:
    """Say what a key grants: a bare collection of keys grants everything."""
    if isinstance(keys, Mapping):
        return frozenset(keys[given])
    return frozenset({"all"})
