"""The step `do`: asks the API that it names, and judges how that ended."""

import re
from collections.abc import Callable
from typing import Any

from conformance.apis import Api, find_api, raw_api
from conformance.catching import check_end, check_warnings
from conformance.context import Context
from conformance.errors import Unsupported
from conformance.requesting import build
from conformance.response import Response
from conformance.stash import Stash
from conformance.versions import Version
from standin.cluster.wire import Answer, Request

Target = Callable[[Request], Answer]

OPTIONS = (
    "allowed_warnings",
    "allowed_warnings_regex",
    "catch",
    "headers",
    "node_selector",
    "warnings",
    "warnings_regex",
)
_NO_ROUTE = re.compile("no handler found for uri")


def api_of(given: dict[str, Any], stash: Stash) -> tuple[Api, dict[str, Any]]:
    """Find the API of a `do` and its arguments; it has exactly one."""
    names = [key for key in given if key not in OPTIONS]
    if len(names) != 1:
        raise Unsupported(f"do with {', '.join(names) or 'no API'}")
    arguments = dict(given[names[0]] or {})
    if names[0] == "raw" and {"method", "path"} <= arguments.keys():
        method, path = (str(arguments.pop(each)) for each in ("method", "path"))
        return raw_api(method, str(stash.fill(path)), arguments), arguments
    api = find_api(names[0])
    if api is None:
        raise Unsupported(f"API {names[0]}")
    return api, arguments


def do(
    target: Target, context: Context, given: dict[str, Any], version: Version
) -> None:
    """Ask, keep the response, and raise unless it ended as demanded."""
    api, arguments = api_of(given, context.stash)
    if given.get("catch") == "param":
        # As in Elastic's own runner: there is no client here that could refuse it.
        return
    headers = given.get("headers") or {}
    context.response = Response()
    try:
        request = build(api, arguments, headers, context.stash, version)
    except ValueError as problem:
        raise Unsupported(str(problem)) from problem
    response = Response.read(target(request), request.method)
    if api.beside and (response.status == 405 or _NO_ROUTE.search(response.text)):
        raise no_route(api)
    context.response = response
    context.stash["body"] = response.value
    check_end(given.get("catch"), response, _ignored(arguments, request))
    check_warnings(given, response.warnings)


def no_route(api: Api) -> Unsupported:
    """Say that the stand-in lacks an API."""
    return Unsupported(f"API {api.name}: the stand-in has no such route")


def _ignored(arguments: dict[str, Any], request: Request) -> set[int]:
    given = arguments.get("ignore", [])
    statuses = {int(each) for each in (given if isinstance(given, list) else [given])}
    # To HEAD, "not there" is an answer like any other.
    return statuses | {404} if request.method == "HEAD" else statuses
