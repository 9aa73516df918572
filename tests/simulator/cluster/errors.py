"""What the cluster refuses, in the words and the shape of Elasticsearch."""

from collections.abc import Mapping
from datetime import timedelta

_PLAIN = {"illegal_argument_exception", "illegal_state_exception"}


class ClusterError(Exception):
    """An answer that is an error; `after` is how long it takes to come."""

    def __init__(
        self,
        status: int,
        kind: str,
        reason: str | None,
        *,
        caused_by: "ClusterError | None" = None,
        beside: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        after: timedelta = timedelta(),
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.caused_by = caused_by
        self.beside = beside or {}
        self.headers = headers or {}
        self.after = after

    def body(self) -> dict[str, object]:
        """Write the error as Elasticsearch does, the innermost cause as root cause."""
        error: dict[str, object] = {"root_cause": [self.root().described()]}
        error |= self.described()
        if self.caused_by:
            error["caused_by"] = self.caused_by.described()
        return {"error": error, "status": self.status}

    def described(self) -> dict[str, object]:
        """Write type, reason, and what stands beside them."""
        return {"type": self.kind, "reason": self.reason, **self.beside}

    def root(self) -> "ClusterError":
        """Find the innermost cause that is Elasticsearch's own."""
        # A plain Java exception below another error is not one of its own.
        if self.caused_by is None or self.caused_by.kind in _PLAIN:
            return self
        return self.caused_by.root()


class RoutingError(ClusterError):
    """An error without a type: Elasticsearch writes a bare string."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(status, "", reason, headers=headers)

    def body(self) -> dict[str, object]:
        """Write the string; an unknown path carries no status in its body."""
        body: dict[str, object] = {"error": self.reason}
        return body if self.status == 400 else body | {"status": self.status}


def illegal_argument(reason: str) -> ClusterError:
    """Refuse an argument."""
    return ClusterError(400, "illegal_argument_exception", reason)


def not_found(reason: str) -> ClusterError:
    """Say that something is not there."""
    return ClusterError(404, "resource_not_found_exception", reason)


def conflict(reason: str, caused_by: ClusterError | None = None) -> ClusterError:
    """Refuse what the state does not allow."""
    return ClusterError(409, "status_exception", reason, caused_by=caused_by)


def already_exists(reason: str) -> ClusterError:
    """Refuse to create what is there."""
    return ClusterError(400, "resource_already_exists_exception", reason)


def bad_request(reason: str) -> ClusterError:
    """Refuse what makes no sense, where the server says so by a status."""
    return ClusterError(400, "status_exception", reason)


def too_many(reason: str, caused_by: ClusterError | None = None) -> ClusterError:
    """Refuse what there is no room for now."""
    return ClusterError(429, "status_exception", reason, caused_by=caused_by)


def invalid(reason: str) -> ClusterError:
    """Refuse a request that contradicts itself."""
    text = f"Validation Failed: 1: {reason};"
    return ClusterError(400, "action_request_validation_exception", text)


def blank_id(name: str) -> ClusterError:
    """Refuse an id that trims to nothing, as fixed versions do (wording assumed)."""
    return invalid(f"[{name}] must not be null or blank")
