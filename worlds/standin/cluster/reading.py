"""Reads a request for an action: parameters, body, and the old names of both."""

from collections.abc import Mapping
from datetime import UTC, datetime

from standin.cluster.call import ALWAYS, Call, read_body, refuse_unknown
from standin.cluster.errors import ClusterError, illegal_argument
from standin.cluster.media import is_json
from standin.cluster.ml import MachineLearning
from standin.cluster.route import Route
from standin.cluster.wire import Request

_SOURCE = ("source", "source_content_type")
_OLD = ("allow_no_jobs", "allow_no_datafeeds")
_THROTTLED = (
    "[ignore_throttled] parameter is deprecated because frozen indices have been "
    "deprecated. Consider cold or frozen tiers in place of frozen indices."
)
_NOW = datetime(1970, 1, 1, tzinfo=UTC)


def read_call(
    ml: MachineLearning,
    request: Request,
    route: Route,
    ids: str | None,
    query: Mapping[str, str],
) -> tuple[Call, list[str]]:
    """Read a request; return it with what is to be warned of."""
    path = request.path.partition("?")[0]
    known = route.known(ml)
    body = request.body.decode(errors="replace")
    if not body and "source" in query and (route.parser or route.sourced):
        body, query = _source(ml, query)
    if not body or route.document:
        renamed, warnings = _renamed(ml, known, query)
        refuse_unknown(path, {n: str(v) for n, v in renamed.items()}, known)
        if "ignore_throttled" in renamed and route.document:
            warnings.append(_THROTTLED)
        return Call(ids, _NOW, renamed, body=body), warnings
    if not route.parser:
        raise illegal_argument(
            f"request [{request.method} {path}] does not support having a body"
        )
    # With a body the query is not read, and what is not read is refused.
    old = frozenset(_OLD) if not ml.since(8, 0) and "allow_no_match" in known else known
    given = read_body(body, route.parser, known | {route.id_field} | old)
    refuse_unknown(path, query, ALWAYS)
    renamed, warnings = _renamed(ml, known, given)
    return Call(ids, _NOW, renamed, route.parser, body), warnings


def _source(
    ml: MachineLearning, query: Mapping[str, str]
) -> tuple[str, Mapping[str, str]]:
    """Take a body out of the query; return it with the rest of the query.

    Source: RestRequest. That version 9 was the first to find a fault in the request,
    and not in its own state, is assumed.
    """
    left = {n: v for n, v in query.items() if n not in _SOURCE}
    kind = query.get("source_content_type")
    if kind is None:
        raise _no_source(ml, "source and source_content_type parameters are required")
    if kind.count("/") != 1:
        raise illegal_argument(f"invalid Content-Type header [{kind}]")
    if not is_json(kind):
        raise _no_source(ml, f"Unknown value for source_content_type [{kind}]")
    return query["source"], left


def _no_source(ml: MachineLearning, reason: str) -> ClusterError:
    if not ml.since(9, 0):
        return ClusterError(500, "illegal_state_exception", reason)
    text = f"Validation Failed: 1: {reason};"
    return ClusterError(400, "validation_exception", text)


def _renamed(
    ml: MachineLearning, known: frozenset[str], given: Mapping[str, object]
) -> tuple[Mapping[str, object], list[str]]:
    # Versions before 8 still take the old names of one parameter.
    old = [name for name in _OLD if name in given]
    if not old or ml.since(8, 0) or "allow_no_match" not in known:
        return given, []
    renamed = {n: v for n, v in given.items() if n not in _OLD}
    warnings = [
        f"Deprecated field [{name}] used, expected [allow_no_match] instead"
        for name in old
    ]
    return {"allow_no_match": given[old[0]], **renamed}, warnings
