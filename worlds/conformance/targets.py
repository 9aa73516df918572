"""What cases are run against: the stand-in's core, or a server."""

import http.client
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from conformance.doing import Target
from conformance.errors import Unmet
from conformance.requesting import TEST_USER
from standin.cluster import FOREVER, Answer, Cluster, Request
from standin.cluster.errors import RoutingError
from standin.cluster.routing import find_route

_START = datetime(2026, 3, 2, 12, tzinfo=UTC)
# What a request costs at least, so that no two come at one time.
_MOMENT = timedelta(milliseconds=1)


def new_cluster(version: str) -> Cluster:
    """Make an empty cluster that lets Elastic's test user in."""
    return Cluster(version, keys=(TEST_USER,))


def in_process(cluster: Cluster) -> Target:
    """Ask the core itself; its clock runs as long as answers take."""
    now = _START

    def ask(request: Request) -> Answer:
        nonlocal now
        answer, takes = cluster.handle(request, now)
        if takes == FOREVER or answer.kind != "answered":
            raise Unmet(f"{request.method} {request.path} was never answered")
        now += takes + _MOMENT
        return answer

    return ask


def is_routed(method: str, path: str, version: str) -> bool:
    """Say whether the stand-in has a route for a path of the table."""
    try:
        ids = find_route(method, path, version)[1]
    except RoutingError:
        return False
    # `/_mapping` is no index, whatever the route of an index says.
    return not path.startswith("/_") or ids != path[1:]


def over_http(url: str) -> Target:
    """Ask a server."""

    def ask(request: Request) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        try:
            connection.request(
                request.method, request.path, request.body, dict(request.headers)
            )
            response = connection.getresponse()
            headers = dict(response.getheaders())
            headers["Warning"] = ", ".join(response.headers.get_all("Warning") or [])
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    return ask
