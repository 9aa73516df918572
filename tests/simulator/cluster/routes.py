"""The route table: which path and method lead to which action."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from simulator.cluster import close, stop
from simulator.cluster.call import Call, Reply
from simulator.cluster.configs import get_datafeeds, get_jobs
from simulator.cluster.datafeed_stats import get_datafeed_stats
from simulator.cluster.errors import RoutingError
from simulator.cluster.info import get_info, get_root, set_upgrade_mode
from simulator.cluster.job_stats import get_job_stats
from simulator.cluster.ml import MachineLearning

Action = Callable[[MachineLearning, Call], Reply]


@dataclass(frozen=True)
class Route:
    """A path, and the action behind it.

    `params` says of each parameter since when it is known; `parser` names the strict
    parser of the body, where a body is read at all, and `id_field` the id in it.
    """

    methods: tuple[str, ...]
    path: str
    action: Action
    params: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    parser: str = ""
    id_field: str = ""

    def known(self, ml: MachineLearning) -> frozenset[str]:
        """Say which parameters this version reads."""
        return frozenset(
            name for name, first in self.params.items() if ml.since(*first)
        )


def _params(*names: str, **since: tuple[int, int]) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(names, (0, 0)) | since


_READ = _params("allow_no_match")
_CONFIG = _params("allow_no_match", "exclude_generated")
_CLOSE = _params("allow_no_match", "force", "timeout")
_STOP = _params("allow_no_match", "force", "timeout", close_job=(9, 3))
_JOBS, _FEEDS = "/_ml/anomaly_detectors", "/_ml/datafeeds"

# A literal segment goes before an id, so literal paths stand first.
ROUTES = (
    Route(("GET", "HEAD"), "/", get_root),
    Route(("GET",), "/_ml/info", get_info),
    Route(
        ("POST",),
        "/_ml/set_upgrade_mode",
        set_upgrade_mode,
        _params("enabled", "timeout"),
    ),
    Route(("GET",), f"{_JOBS}/_stats", get_job_stats, _READ),
    Route(("GET",), f"{_JOBS}/{{id}}/_stats", get_job_stats, _READ),
    Route(("GET",), _JOBS, get_jobs, _CONFIG),
    Route(("GET",), f"{_JOBS}/{{id}}", get_jobs, _CONFIG),
    Route(
        ("POST",), f"{_JOBS}/{{id}}/_close", close.close, _CLOSE, close.ACTION, "job_id"
    ),
    Route(("GET",), f"{_FEEDS}/_stats", get_datafeed_stats, _READ),
    Route(("GET",), f"{_FEEDS}/{{id}}/_stats", get_datafeed_stats, _READ),
    Route(("GET",), _FEEDS, get_datafeeds, _CONFIG),
    Route(("GET",), f"{_FEEDS}/{{id}}", get_datafeeds, _CONFIG),
    Route(
        ("POST",),
        f"{_FEEDS}/{{id}}/_stop",
        stop.stop,
        _STOP,
        stop.ACTION,
        "datafeed_id",
    ),
)


def find_route(method: str, uri: str) -> tuple[Route, str | None]:
    """Find the route of a raw path, and the decoded id in it."""
    segments = _segments(uri.partition("?")[0])
    allowed: list[str] = []
    for route in ROUTES:
        matched, ids = _match(_segments(route.path), segments)
        if matched and method in route.methods:
            return route, ids
        if matched:
            allowed.extend(route.methods)
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
