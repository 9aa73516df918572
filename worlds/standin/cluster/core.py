"""The pure core: `(request, now) -> (answer, duration)`; no clock and no network."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache, partial
from types import MappingProxyType
from urllib.parse import parse_qsl

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError
from standin.cluster.faults import Fault, Timed
from standin.cluster.filter_path import PathFilter
from standin.cluster.human import add_human
from standin.cluster.media import (
    TEXT,
    Form,
    answer_form,
    check_content_type,
    plain_form,
    unpacked,
    warning,
)
from standin.cluster.ml import MachineLearning
from standin.cluster.privileges import Caller, authorize
from standin.cluster.reading import read_call
from standin.cluster.routing import allowed_methods, find_route
from standin.cluster.security import API_KEY, admit
from standin.cluster.wire import Answer, Received, Request

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
        keys: Collection[str] = (f"ApiKey {API_KEY}", TEST_USER),
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
        query = _query(request.path.partition("?")[2])
        warnings: list[str] = []
        act = partial(self._reply, request, query, now, warnings)
        return self._told(request, query, act, warnings)

    def _told(
        self,
        request: Request,
        query: Mapping[str, str],
        act: Callable[[], Reply],
        warnings: list[str],
    ) -> Timed:
        """Write what an action answers or refuses, and how to ask it once more."""
        form = plain_form(self.version)
        again: Callable[[], Reply] | None
        try:
            _check_line(request)
            form = answer_form(request, query, self.version)
            reply = act()
            body, kind = _written(reply, form, query)
            status, after, more = reply.status, reply.after, reply.headers
            again = reply.again
        except ClusterError as error:
            # `filter_path` does not touch errors.
            told = error.traced() if _flag(query, "error_trace") else error.body()
            body, kind = form.write(told, query), form.content_type
            status, after, more = error.status, error.after, error.headers
            again = error.again
        headers = _headers(request, kind) | dict(more) | warning(self.version, warnings)
        held = partial(self._told, request, query, again, warnings) if again else None
        return Answer(status, headers, body, again=held), after

    def _reply(
        self,
        request: Request,
        query: Mapping[str, str],
        now: datetime,
        warnings: list[str],
    ) -> Reply:
        if request.method == "OPTIONS":
            # Browsers ask so before they have anything to show at the door.
            return Reply("", headers=allowed_methods(request.path, self.version))
        caller = admit(request, now, self.keys, self.aws_secrets)
        return self._act(request, query, now, caller, warnings)

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
        opaque_id = request.header("x-opaque-id") or ""
        given, parser, body = call.given, call.parser, call.body
        call = Call(call.ids, now, given, parser, body, caller, opaque_id)
        return route.act(self, call)


@lru_cache(maxsize=256)
def _query(text: str) -> Mapping[str, str]:
    # A client asks with the same few queries, again and again.
    return MappingProxyType(dict(parse_qsl(text, keep_blank_values=True)))


def _check_line(request: Request) -> None:
    line = f"{request.method} {request.path} HTTP/1.1"
    if len(line.encode()) > LONGEST_LINE:
        reason = f"An HTTP line is larger than {LONGEST_LINE} bytes."
        raise ClusterError(400, "too_long_http_line_exception", reason)


def _written(reply: Reply, form: Form, query: Mapping[str, str]) -> tuple[bytes, str]:
    """Write an answer; return it with its media type."""
    if isinstance(reply.body, str):
        return reply.body.encode(), TEXT
    if reply.table is not None and not form.chosen:
        return reply.table.encode(), TEXT
    shown = add_human(reply.body) if _flag(query, "human") else reply.body
    filtered = _filter(query.get("filter_path", "")).apply(shown)
    return form.write(filtered, query), form.content_type


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "false") in {"", "true"}


def _headers(request: Request, content_type: str) -> dict[str, str]:
    headers = {"X-elastic-product": "Elasticsearch", "content-type": content_type}
    opaque_id = request.header("x-opaque-id")
    return headers | ({"X-Opaque-Id": opaque_id} if opaque_id else {})


@lru_cache(maxsize=64)
def _filter(expression: str) -> PathFilter:
    return PathFilter(expression)
