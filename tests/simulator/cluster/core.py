"""The pure core: `(request, now) -> (answer, duration)`; no clock and no network."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from simulator.cluster.call import Reply
from simulator.cluster.errors import ClusterError
from simulator.cluster.faults import Fault, Timed
from simulator.cluster.filter_path import PathFilter
from simulator.cluster.human import add_human
from simulator.cluster.media import (
    answer_type,
    check_content_type,
    plain_type,
    unpacked,
    warning,
    write,
)
from simulator.cluster.ml import MachineLearning
from simulator.cluster.privileges import Caller, authorize
from simulator.cluster.reading import read_call
from simulator.cluster.routing import find_route
from simulator.cluster.security import admit
from simulator.cluster.wire import Answer, Received, Request

# Who asks in the REST tests that Elastic publishes.
TEST_USER = "Basic eF9wYWNrX3Jlc3RfdXNlcjp4LXBhY2stdGVzdC1wYXNzd29yZA=="

# `http.max_initial_line_length`: method, path with query, and version.
LONGEST_LINE = 4096


class Cluster(MachineLearning):
    """A cluster of one version, its doors, and the faults before them.

    Everything but `handle` is out of band: tests and demos turn it directly.
    """

    def __init__(
        self,
        version: str = "8.9.0",
        keys: Collection[str] = ("ApiKey dGVzdDp0ZXN0", TEST_USER),
        aws_secrets: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(version)
        self.keys = keys
        self.aws_secrets = aws_secrets or {}
        self.faults: list[Fault] = []
        self.log: list[Received] = []

    def handle(self, request: Request, now: datetime) -> Timed:
        """Answer a request; the effect is there at once, the answer after a while."""
        self.log.append(
            Received(request.method, request.path, request.headers, request.body, now)
        )
        self.settle(now)
        fault = next((each for each in self.faults if each.strikes(request, now)), None)
        if fault is None:
            return self._answer(request, now)
        return fault.before() or fault.after(*self._answer(request, now))

    def _answer(self, request: Request, now: datetime) -> Timed:
        content_type = plain_type(self.version)
        query = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        warnings: list[str] = []
        try:
            _check_line(request)
            caller = admit(request, now, self.keys, self.aws_secrets)
            content_type = answer_type(request, self.version)
            reply = self._act(request, query, now, caller, warnings)
            body = _written(reply, query)
        except ClusterError as error:
            # `filter_path` does not touch errors.
            headers = _headers(request, content_type) | dict(error.headers)
            headers |= warning(self.version, warnings)
            return Answer(
                error.status, headers, write(error.body(), query)
            ), error.after
        if isinstance(reply.body, str):
            content_type = "text/plain; charset=UTF-8"
        headers = _headers(request, content_type) | warning(self.version, warnings)
        return Answer(reply.status, headers, body), reply.after

    def _act(
        self,
        request: Request,
        query: Mapping[str, str],
        now: datetime,
        caller: Caller,
        warnings: list[str],
    ) -> Reply:
        request = unpacked(request)
        route, ids = find_route(request.method, request.path, self.version)
        check_content_type(request, lines=route.document)
        authorize(caller, route.name, ids)
        warnings += [route.warns] if route.warns else []
        call, more = read_call(self, request, route, ids, query)
        warnings += more
        return route.act(self, replace(call, now=now, caller=caller))


def _check_line(request: Request) -> None:
    line = f"{request.method} {request.path} HTTP/1.1"
    if len(line.encode()) > LONGEST_LINE:
        reason = f"An HTTP line is larger than {LONGEST_LINE} bytes."
        raise ClusterError(400, "too_long_http_line_exception", reason)


def _written(reply: Reply, query: Mapping[str, str]) -> bytes:
    if isinstance(reply.body, str):
        return reply.body.encode()
    human = query.get("human", "false") in {"", "true"}
    shown = add_human(reply.body) if human else reply.body
    filtered = _filter(query.get("filter_path", "")).apply(shown)
    return write(filtered, query)


def _headers(request: Request, content_type: str) -> dict[str, str]:
    headers = {"X-elastic-product": "Elasticsearch", "content-type": content_type}
    opaque_id = request.header("x-opaque-id")
    return headers | ({"X-Opaque-Id": opaque_id} if opaque_id else {})


@lru_cache(maxsize=64)
def _filter(expression: str) -> PathFilter:
    return PathFilter(expression)
