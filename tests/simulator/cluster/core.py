"""The pure core: `(request, now) -> (answer, duration)`; no clock and no network."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from simulator.cluster.call import ALWAYS, Call, Reply, read_body, refuse_unknown
from simulator.cluster.errors import ClusterError, illegal_argument
from simulator.cluster.faults import Fault, Timed
from simulator.cluster.filter_path import PathFilter
from simulator.cluster.media import answer_type, check_content_type, write
from simulator.cluster.ml import MachineLearning
from simulator.cluster.routes import Route, find_route
from simulator.cluster.security import admit
from simulator.cluster.wire import Answer, Received, Request

# `http.max_initial_line_length`: method, path with query, and version.
LONGEST_LINE = 4096


class Cluster(MachineLearning):
    """A cluster of one version, its doors, and the faults before them.

    Everything but `handle` is out of band: tests and demos turn it directly.
    """

    def __init__(
        self,
        version: str = "8.9.0",
        keys: Collection[str] = ("ApiKey dGVzdDp0ZXN0",),
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
        content_type = "application/json"
        query = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        try:
            _check_line(request)
            admit(request, now, self.keys, self.aws_secrets)
            content_type = answer_type(request, self.version)
            reply = self._act(request, query, now)
        except ClusterError as error:
            # `filter_path` does not touch errors.
            headers = {**_headers(request, content_type), **error.headers}
            body = write(error.body(), query)
            return Answer(error.status, headers, body), error.after
        filtered = _filter(query.get("filter_path", "")).apply(reply.body)
        headers = _headers(request, content_type)
        return Answer(200, headers, write(filtered, query)), reply.after

    def _act(self, request: Request, query: Mapping[str, str], now: datetime) -> Reply:
        route, ids = find_route(request.method, request.path)
        check_content_type(request)
        call = self._call(request, route, ids, query, now)
        return route.action(self, call)

    def _call(
        self,
        request: Request,
        route: Route,
        ids: str | None,
        query: Mapping[str, str],
        now: datetime,
    ) -> Call:
        path = request.path.partition("?")[0]
        known = route.known(self)
        if not request.body:
            refuse_unknown(path, query, known)
            return Call(ids, now, query)
        if not route.parser:
            raise illegal_argument(
                f"request [{request.method} {path}] does not support having a body"
            )
        # With a body the query is not read, and what is not read is refused.
        given = read_body(request.body, route.parser, known | {route.id_field})
        refuse_unknown(path, query, ALWAYS)
        return Call(
            ids, now, given, route.parser, request.body.decode(errors="replace")
        )


def _check_line(request: Request) -> None:
    line = f"{request.method} {request.path} HTTP/1.1"
    if len(line.encode()) > LONGEST_LINE:
        reason = f"An HTTP line is larger than {LONGEST_LINE} bytes."
        raise ClusterError(400, "too_long_http_line_exception", reason)


def _headers(request: Request, content_type: str) -> dict[str, str]:
    headers = {"X-elastic-product": "Elasticsearch", "content-type": content_type}
    opaque_id = request.header("x-opaque-id")
    return headers | ({"X-Opaque-Id": opaque_id} if opaque_id else {})


@lru_cache(maxsize=64)
def _filter(expression: str) -> PathFilter:
    return PathFilter(expression)
