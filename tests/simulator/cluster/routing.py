"""Finds the route of a request, and the id in its path."""

from urllib.parse import unquote

from simulator.cluster.errors import RoutingError
from simulator.cluster.route import Route
from simulator.cluster.routes import ROUTES

# Paths of version 6, which version 7 still takes.
_BEFORE = "/_xpack/ml/"


def find_route(method: str, uri: str, version: str) -> tuple[Route, str | None]:
    """Find the route of a raw path, and the decoded id in it."""
    path = uri.partition("?")[0]
    if version.startswith("7.") and path.startswith(_BEFORE):
        path = "/_ml/" + path.removeprefix(_BEFORE)
    segments = _segments(path)
    allowed: list[str] = []
    for route in ROUTES:
        matched, ids = _match(_segments(route.path), segments)
        if matched and method == route.method:
            return route, ids
        if matched:
            allowed.append(route.method)
    where = f"uri [{uri}] and method [{method}]"
    if not allowed:
        raise RoutingError(400, f"no handler found for {where}")
    methods = ", ".join(sorted(set(allowed)))
    reason = f"Incorrect HTTP method for {where}, allowed: [{methods}]"
    raise RoutingError(405, reason, Allow=methods.replace(", ", ","))


def _segments(path: str) -> list[str]:
    # An empty segment in the middle is an id, a blank one; at the end it is nothing.
    return path.rstrip("/").split("/")[1:]


def _match(template: list[str], segments: list[str]) -> tuple[bool, str | None]:
    if len(template) != len(segments):
        return False, None
    ids = None
    for wanted, segment in zip(template, segments, strict=True):
        if wanted == "{id}":
            ids = unquote(segment)
        elif wanted != unquote(segment):
            return False, None
    return True, ids
