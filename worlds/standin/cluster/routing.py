"""Finds the route of a request, and the id in its path."""

from functools import lru_cache
from urllib.parse import unquote

from standin.cluster.errors import RoutingError
from standin.cluster.route import Route
from standin.cluster.routes import ROUTES

# Paths of version 6, which version 7 still takes.
_BEFORE = "/_xpack/ml/"
_ID = "{id}"


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
    segments = [unquote(segment) for segment in _segments(path)]
    return [
        (route, segments[template.index(_ID)] if _ID in template else None)
        for route, template in _TEMPLATES.get(len(segments), ())
        if all(
            wanted in (segment, _ID)
            for wanted, segment in zip(template, segments, strict=True)
        )
    ]


def _methods(matching: list[tuple[Route, str | None]]) -> list[str]:
    return sorted({route.method for route, _ in matching})


def _segments(path: str) -> list[str]:
    # An empty segment in the middle is an id, a blank one; at the end it is nothing.
    return path.rstrip("/").split("/")[1:]


def _by_length() -> dict[int, list[tuple[Route, list[str]]]]:
    templates: dict[int, list[tuple[Route, list[str]]]] = {}
    for route in ROUTES:
        segments = _segments(route.path)
        templates.setdefault(len(segments), []).append((route, segments))
    return templates


_TEMPLATES = _by_length()
