"""What the cluster refuses, in the words and the shape of Elasticsearch."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

# Plain exceptions of Java, by the name of their class.
_PLAIN = {
    "illegal_argument_exception": "java.lang.IllegalArgumentException",
    "illegal_state_exception": "java.lang.IllegalStateException",
    "media_type_header_exception": (
        "org.elasticsearch.rest.RestRequest$MediaTypeHeaderException"
    ),
}
# Those whose class has a prefix that their type lost.
_NAMED = {"status_exception", "security_exception", "parse_exception", "exception"}


class ClusterError(Exception):
    """An answer that is an error; `after` is how long it takes to come.

    `again` asks once more while it is held, as that of a `Reply`.
    """

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
        again: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.caused_by = caused_by
        self.beside = beside or {}
        self.headers = headers or {}
        self.after = after
        self.again = again

    def body(self) -> dict[str, object]:
        """Write the error as Elasticsearch does, the innermost cause as root cause."""
        error: dict[str, object] = {"root_cause": [self.root().described()]}
        error |= self.described()
        if self.caused_by:
            error["caused_by"] = self.caused_by.described()
        return {"error": error, "status": self.status}

    def traced(self) -> dict[str, object]:
        """Write the error with where it and its causes arose, as `error_trace` asks.

        The first line is that of Java; no Java ran here, so no others follow.
        """
        body = self.body()
        error = body.get("error")
        if isinstance(error, dict):
            error["root_cause"] = [_with_trace(self.root())]
            if self.caused_by:
                error["caused_by"] = _with_trace(self.caused_by)
            error["stack_trace"] = _with_trace(self)["stack_trace"]
        return body

    def described(self) -> dict[str, object]:
        """Write type, reason, and what stands beside them."""
        return {"type": self.kind, "reason": self.reason, **self.beside}

    def root(self) -> "ClusterError":
        """Find the innermost cause that is Elasticsearch's own."""
        # A plain Java exception is not one of its own, and hides what is below it.
        below = self.caused_by
        if below is None or below.kind in _PLAIN or self.kind in _PLAIN:
            return self
        return below.root()


class RoutingError(ClusterError):
    """An error without a type: Elasticsearch writes a bare string."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(status, "", reason, headers=headers)

    def body(self) -> dict[str, object]:
        """Write the string; an unknown path carries no status in its body."""
        body: dict[str, object] = {"error": self.reason}
        return body if self.status == 400 else body | {"status": self.status}


def _with_trace(error: ClusterError) -> dict[str, object]:
    plain = _PLAIN.get(error.kind)
    trace = f"{plain}: {error.reason}" if plain else _nested(error)
    return {**error.described(), "stack_trace": f"{trace}\n"}


def _nested(error: ClusterError) -> str:
    words = error.kind.title().replace("_", "")
    name = f"Elasticsearch{words}" if error.kind in _NAMED else words
    inner = f"; nested: {_nested(error.caused_by)}" if error.caused_by else ""
    return f"{name}[{error.reason}]{inner}"


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
