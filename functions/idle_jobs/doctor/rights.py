"""Tests as whom Elasticsearch knows the caller, and what the caller may do."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from idle_jobs.doctor.finding import Finding, fail, ok, warn
from idle_jobs.doctor.front_door import ask
from idle_jobs.elastic.transport import Wire
from idle_jobs.errors import ClusterError
from idle_jobs.safe_text import printable
from idle_jobs.times import spoken

EXPIRES_SOON = timedelta(days=14)


def check_identity(wire: Wire) -> Finding:
    """Return as whom Elasticsearch knows the caller, and when its key expires."""
    who = ask(wire, "/_security/_authenticate")
    if isinstance(who, ClusterError):
        then = "let the gateway pass /_security/_authenticate, to see it here"
        return warn("identity", f"not known: {who}", then)
    user, key = str(who.get("username", "")), who.get("api_key")
    if not isinstance(key, Mapping):
        return ok("identity", printable(f"user {user}"))
    named = printable(f"API key {key.get('name') or key.get('id')} of {user}")
    found = ask(wire, "/_security/api_key", id=str(key.get("id", "")), owner="true")
    ends = None if isinstance(found, ClusterError) else _expiration(found)
    if ends is None:
        return ok("identity", f"{named}; no expiry is known")
    left = timedelta(milliseconds=ends - datetime.now(UTC).timestamp() * 1000)
    saw = f"{named}, which expires in {spoken(left)}"
    if left < EXPIRES_SOON:
        return warn("identity", saw, "create a new key, and store it in the secret")
    return ok("identity", saw)


def _expiration(found: Mapping[str, Any]) -> int | None:
    keys = found.get("api_keys")
    first = keys[0] if isinstance(keys, list) and keys else {}
    ends = first.get("expiration") if isinstance(first, Mapping) else None
    return ends if isinstance(ends, int) else None


def check_privileges(wire: Wire, *, closes: bool) -> Finding:
    """Return whether the credential may read, and close if the function closes."""
    needed = "manage_ml" if closes else "monitor_ml"
    body = json.dumps({"cluster": ["monitor_ml", "manage_ml"]})
    source = {"source": body, "source_content_type": "application/json"}
    answer = ask(wire, "/_security/user/_has_privileges", **source)
    has = {} if isinstance(answer, ClusterError) else answer.get("cluster")
    if not isinstance(has, Mapping) or not has:
        then = f"make sure that the credential has {needed}"
        return warn("privileges", "not known, the question was refused", then)
    held = [name for name in ("monitor_ml", "manage_ml") if has.get(name) is True]
    saw = f"it has {', '.join(held) or 'neither monitor_ml nor manage_ml'}"
    if needed in held:
        return ok("privileges", saw)
    then = f"create a key with {needed}; docs/operating.md has the request"
    return fail("privileges", f"{saw}, and needs {needed}", then)
