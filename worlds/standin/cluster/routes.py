"""The route table: which path and method lead to which action."""

from collections.abc import Mapping

from standin.cluster import (
    about,
    close,
    cluster_state,
    has_privileges,
    health,
    indices,
    opening,
    post_data,
    put_feed,
    put_job,
    settings,
    start,
    stop,
    tasks,
    update_job,
)
from standin.cluster.cat_tasks import cat_tasks
from standin.cluster.configs import get_datafeeds, get_jobs
from standin.cluster.datafeed_stats import get_datafeed_stats
from standin.cluster.info import authenticate, get_info, get_root, set_upgrade_mode
from standin.cluster.job_stats import get_job_stats
from standin.cluster.route import (
    CAT,
    CLOSE,
    CONFIG,
    DELETE,
    FLUSH,
    HEALTH,
    INDEX,
    OPEN,
    OPTIONS,
    READ,
    RESET,
    SETTINGS,
    START,
    STATE,
    STOP,
    TASKS,
    Action,
    Route,
    params,
)

_JOBS, _FEEDS = "/_ml/anomaly_detectors", "/_ml/datafeeds"
_JOB, _FEED = _JOBS + "/{id}", _FEEDS + "/{id}"
_STATS = "cluster:monitor/xpack/ml/job/stats/get"
_FEED_STATS = "cluster:monitor/xpack/ml/datafeeds/stats/get"
_GET_JOBS = "cluster:monitor/xpack/ml/job/get"
_GET_FEEDS = "cluster:monitor/xpack/ml/datafeeds/get"
_MAIN = "cluster:monitor/main"
_AUTHENTICATE = "cluster:admin/xpack/security/user/authenticate"
_UPGRADE = "cluster:admin/xpack/ml/upgrade_mode"
_GET_SETTINGS = "cluster:monitor/settings"
_PUT_SETTINGS = "cluster:admin/settings/update"


def _document(
    method: str,
    path: str,
    act: Action,
    name: str,
    params: Mapping[str, tuple[int, int]] | None = None,
) -> Route:
    return Route(method, path, act, name, params or {}, document=True)


# A literal segment goes before an id, so literal paths stand first.
ROUTES: tuple[Route, ...] = (
    Route("GET", "/", get_root, _MAIN),
    Route("HEAD", "/", get_root, _MAIN),
    Route("GET", "/_security/_authenticate", authenticate, _AUTHENTICATE),
    Route(
        *("GET", "/_security/api_key", about.get_api_keys, about.API_KEYS),
        params("id", "owner"),
    ),
    Route("GET", "/_license", about.get_license, about.LICENSE),
    Route("GET", "/_ml/memory/_stats", about.get_memory, about.MEMORY),
    Route("GET", "/_ml/info", get_info, "cluster:monitor/xpack/ml/info/get"),
    Route(
        *("POST", "/_ml/set_upgrade_mode", set_upgrade_mode, _UPGRADE),
        params("enabled", "timeout", "master_timeout"),
    ),
    Route("GET", f"{_JOBS}/_stats", get_job_stats, _STATS, READ),
    Route("GET", f"{_JOB}/_stats", get_job_stats, _STATS, READ),
    Route("GET", _JOBS, get_jobs, _GET_JOBS, CONFIG),
    Route("GET", _JOB, get_jobs, _GET_JOBS, CONFIG),
    _document("PUT", _JOB, put_job.put_job, put_job.PUT, OPTIONS),
    Route("DELETE", _JOB, put_job.delete_job, put_job.DELETE, DELETE),
    Route(
        *("POST", f"{_JOB}/_close", close.close, close.ACTION),
        *(CLOSE, close.ACTION, "job_id"),
    ),
    Route(
        *("POST", f"{_JOB}/_open", opening.open_job, opening.ACTION),
        *(OPEN, "xpack/ml/job", "job_id"),
    ),
    Route(
        *("POST", f"{_JOB}/_flush", post_data.flush_job, post_data.FLUSH),
        *(FLUSH, post_data.FLUSH, "job_id"),
    ),
    Route(
        *("POST", f"{_JOB}/_data", post_data.post_data, post_data.POST),
        params("reset_start", "reset_end"),
        document=True,
        warns=post_data.DEPRECATED,
    ),
    _document("POST", f"{_JOB}/_update", update_job.update_job, update_job.UPDATE),
    Route("POST", f"{_JOB}/_reset", update_job.reset_job, update_job.RESET, RESET),
    Route("GET", f"{_FEEDS}/_stats", get_datafeed_stats, _FEED_STATS, READ),
    Route("GET", f"{_FEED}/_stats", get_datafeed_stats, _FEED_STATS, READ),
    Route("GET", _FEEDS, get_datafeeds, _GET_FEEDS, CONFIG),
    Route("GET", _FEED, get_datafeeds, _GET_FEEDS, CONFIG),
    _document("PUT", _FEED, put_feed.put_feed, put_feed.PUT, OPTIONS),
    Route("DELETE", _FEED, put_feed.delete_feed, put_feed.DELETE, params("force")),
    _document(
        "POST", f"{_FEED}/_update", put_feed.update_feed, put_feed.UPDATE, OPTIONS
    ),
    Route(
        *("POST", f"{_FEED}/_start", start.start, start.ACTION),
        *(START, "xpack/ml/datafeed", "datafeed_id"),
    ),
    Route(
        *("POST", f"{_FEED}/_stop", stop.stop, stop.ACTION),
        *(STOP, stop.ACTION, "datafeed_id"),
    ),
    Route("GET", "/_cluster/health", health.get_health, health.ACTION, HEALTH),
    Route("GET", "/_cluster/health/{id}", health.get_health, health.ACTION, HEALTH),
    Route("GET", "/_cluster/settings", settings.get_settings, _GET_SETTINGS, SETTINGS),
    _document(
        "PUT", "/_cluster/settings", settings.put_settings, _PUT_SETTINGS, SETTINGS
    ),
    *(
        Route("GET", path, cluster_state.get_state, cluster_state.ACTION, STATE)
        for path in ("/_cluster/state", "/_cluster/state/{id}")
    ),
    Route("GET", "/_tasks", tasks.list_tasks, tasks.LIST, TASKS),
    Route("GET", "/_cat/tasks", cat_tasks, tasks.LIST, CAT),
    *(
        Route(
            *(method, path, has_privileges.has_privileges, has_privileges.ACTION),
            document=True,
            sourced=True,
        )
        for method in ("GET", "POST")
        for path in (
            "/_security/user/_has_privileges",
            "/_security/user/{id}/_has_privileges",
        )
    ),
    *(
        Route(method, path, indices.refresh, indices.REFRESH, OPTIONS)
        for method in ("GET", "POST")
        for path in ("/_refresh", "/{id}/_refresh")
    ),
    _document("PUT", "/{id}", indices.create_index, indices.CREATE, INDEX),
    Route("DELETE", "/{id}", indices.delete_index, indices.DELETE, INDEX),
    Route("GET", "/{id}", indices.get_index, indices.GET, INDEX),
    Route("HEAD", "/{id}", indices.get_index, indices.GET, INDEX),
)
