"""Finds the route of a request, and the id in its path."""

from functools import lru_cache
from urllib.parse import unquote

from simulator.cluster.errors import RoutingError
from simulator.cluster.route import Route
from simulator.cluster.routes import ROUTES

# Paths of version 6, which version 7 still takes.
_BEFORE = "/_xpack/ml/"


def find_route(method: str, uri: str, version: str) -> tuple[Route, str | None]:
    """Find the route of a raw path, and the decoded id in it."""
    matching = _matching(uri.partition("?")[0], version)
    for route, ids in matching:
        if method == route.method:
            return route, ids
    where = f"uri [{uri}] and method [{method}]"
    if not matching:
        raise RoutingError(400, f"no handler found for {where}")
    methods = _methods(matching)
    reason = f"Incorrect HTTP method for {where}, allowed: [{', '.join(methods)}]"
    raise RoutingError(405, reason, Allow=",".join(methods))


def allowed_methods(uri: str, version: str) -> dict[str, str]:
    """Say in a header which methods a path has; none, if it has none.

    Source: RestController, two stored versions; there their order is nobody's choice.
    """
    methods = _methods(_matching(uri.partition("?")[0], version))
    return {"Allow": ",".join(methods)} if methods else {}


@lru_cache(maxsize=256)
def _matching(path: str, version: str) -> list[tuple[Route, str | None]]:
    if version.startswith("7.") and path.startswith(_BEFORE):
        path = "/_ml/" + path.removeprefix(_BEFORE)
    segments = _segments(path)
    found = ((route, *_match(path, segments)) for route, path in _TEMPLATES)
    return [(route, ids) for route, matched, ids in found if matched]


def _methods(matching: list[tuple[Route, str | None]]) -> list[str]:
    return sorted({route.method for route, _ in matching})


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


_TEMPLATES = [(route, _segments(route.path)) for route in ROUTES]
