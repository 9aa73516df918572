"""From the lists that Elasticsearch documents to jobs, odd ones included."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import NOW, ago
from idle_jobs.elastic.job_reader import read_jobs
from idle_jobs.policy.job import Datafeed, Job, State
from idle_jobs.policy.owner import NO_OWNER_SETTINGS, Owner, OwnerMode
from standin.cluster import Cluster
from standin.cluster.asking import ask

MIB = 1024**2
CREATED = datetime(2026, 1, 31, 6, tzinfo=UTC)
FED = CREATED + timedelta(days=1)


def ms(time: datetime) -> int:
    """Return a time as Elasticsearch writes it."""
    return int(time.timestamp() * 1000)


CONFIG: dict[str, Any] = {
    "job_id": "web",
    "groups": ["shop", "prod"],
    "create_time": ms(CREATED),
    "analysis_config": {
        "bucket_span": "15m",
        "detectors": [{"function": "mean"}, {"function": "count"}],
    },
    "analysis_limits": {"model_memory_limit": "1024mb"},
    "datafeed_config": {
        "datafeed_id": "datafeed-web",
        "frequency": "450s",
        "query_delay": "91822ms",
    },
}
STATS: dict[str, Any] = {
    "job_id": "web",
    "state": "opened",
    "node": {"id": "n1"},
    "assignment_explanation": "",
    "open_time": "86400s",
    "data_counts": {
        "processed_record_count": 42,
        "last_data_time": ms(FED),
        "latest_record_timestamp": ms(FED),
        "log_time": ms(FED),
    },
    "model_size_stats": {
        "model_bytes": 3 * MIB,
        "peak_model_bytes": 4 * MIB,
        "model_bytes_memory_limit": 512 * MIB,
        "assignment_memory_basis": "model_memory_limit",
        "log_time": ms(FED),
    },
    "forecasts_stats": {"total": 0, "forecasted_jobs": 0},
}
FEED: dict[str, Any] = {
    "datafeed_id": "datafeed-web",
    "state": "stopped",
    "timing_stats": {"job_id": "web"},
}
# What a job is known by while it is not open: no process, so no node and no age.
AT_REST = {"node": None, "open_time": None, "assignment_explanation": None}
OPENED = Job(
    job_id="web",
    state=State.OPENED,
    created=CREATED,
    open_start=ago(days=1),
    last_data=FED,
    latest_record=FED,
    newest_clock=FED,
    records=42,
    memory_bytes=512 * MIB,
    groups=("shop", "prod"),
    bucket_span=timedelta(minutes=15),
    functions=("mean", "count"),
    datafeed=Datafeed(
        "datafeed-web",
        "stopped",
        frequency=timedelta(seconds=450),
        query_delay=timedelta(milliseconds=91_822),
    ),
    assigned=True,
    node="n1",
)


def read(**changes: Any) -> Job:
    """Read one job, with fields of its config, its stats or its feed changed."""
    [job] = read_jobs(
        [CONFIG | changes.get("config", {})],
        [STATS | changes.get("stats", {})],
        [FEED | changes.get("feed", {})],
        read_at=NOW,
    )
    return job


def test_an_opened_job_is_read() -> None:
    """Everything that Elasticsearch tells of an opened job is found."""
    assert OPENED == read()


def test_nothing_makes_no_jobs() -> None:
    """A cluster without jobs is empty, and a datafeed alone makes none."""
    assert [] == read_jobs([], [], [], read_at=NOW)
    assert [] == read_jobs([], [], [FEED], read_at=NOW)


def test_jobs_are_sorted_by_id() -> None:
    """The lists are joined by id, in whatever order they came."""
    configs = [CONFIG | {"job_id": job_id} for job_id in ("b", "a")]
    stats = [STATS | {"job_id": job_id} for job_id in ("c", "b")]
    jobs = read_jobs(configs, stats, [], read_at=NOW)

    assert ["a", "b", "c"] == [job.job_id for job in jobs]


def test_every_job_is_told_of_upgrade_mode() -> None:
    """Upgrade mode is the cluster's, so it is every job's."""
    [job] = read_jobs([CONFIG], [STATS], [FEED], read_at=NOW, upgrade_mode=True)

    assert job.upgrade_mode


STATES: dict[str, tuple[dict[str, Any], State, bool]] = {
    "opening, without a node": (
        {"state": "opening", "node": None, "open_time": None},
        State.OPENING,
        False,
    ),
    "opening, on a node": ({"state": "opening"}, State.OPENING, True),
    "opened, but its node is lost": ({"node": None}, State.OPENED, False),
    "closing": ({"state": "closing"}, State.CLOSING, True),
    "closed": ({"state": "closed"} | AT_REST, State.CLOSED, False),
    "failed": ({"state": "failed"} | AT_REST, State.FAILED, False),
}


@pytest.mark.parametrize(("stats", "state", "assigned"), STATES.values(), ids=STATES)
def test_each_state_is_read(stats: Any, state: State, assigned: bool) -> None:
    """What a state does not have may be absent without any doubt."""
    job = read(stats=stats)

    assert (state, assigned, ()) == (job.state, job.assigned, job.problems)


def test_a_job_at_rest_has_no_open_start() -> None:
    """Only a live process has an age; the other clocks survive in the index."""
    job = read(stats={"state": "failed"} | AT_REST)

    assert (None, FED) == (job.open_start, job.last_data)


def test_a_fresh_job_has_counts_and_no_clocks() -> None:
    """A job that was just opened has no time but its birth, and that is no doubt."""
    fresh = {"data_counts": {"processed_record_count": 0}, "model_size_stats": None}
    job = read(stats=fresh)

    assert (0, None, CREATED) == (job.records, job.last_data, job.newest_clock)
    assert () == job.problems


def test_the_newest_clock_is_the_newest_of_all_documents() -> None:
    """A trace of life may be in the config, the counts or the model's size."""
    late = FED + timedelta(hours=1)
    traces: list[dict[str, Any]] = [
        {"config": {"finished_time": ms(late)}},
        {"stats": {"data_counts": STATS["data_counts"] | {"log_time": ms(late)}}},
        {"stats": {"model_size_stats": {"model_bytes": 1, "log_time": ms(late)}}},
        {"stats": {"model_size_stats": SIZE | {"log_time": ms(late)}}},
    ]

    assert [late] * 4 == [read(**trace).newest_clock for trace in traces]


@pytest.mark.parametrize("version", ["7.14.0", "8.9.0", "8.18.9"])
@pytest.mark.parametrize("state", ["opened", "opening", "failed"])
def test_a_job_that_never_ran(version: str, state: Any) -> None:
    """Its memory is the limit of its config, and made-up stats are no trace (S3)."""
    cluster = Cluster(version)
    cluster.add_job("web", now=CREATED, state=state, memory="64mb")
    configs, stats = (
        ask(cluster, f"GET /_ml/anomaly_detectors{path}", NOW).body["jobs"]
        for path in ("", "/_stats")
    )

    [job] = read_jobs(configs, stats, [], read_at=NOW)

    assert (64 * MIB, CREATED, ()) == (job.memory_bytes, job.newest_clock, job.problems)


def test_a_closed_job_says_when_it_finished() -> None:
    """`finished_time` proves a closing."""
    assert FED == read(config={"finished_time": ms(FED)}).finished


MINIMAL: dict[str, tuple[str, dict[str, Any], str, object]] = {
    "groups": ("config", {"groups": None}, "groups", ()),
    "a bucket span": ("config", {"analysis_config": {}}, "bucket_span", None),
    "custom settings": (
        "config",
        {"custom_settings": None},
        "owner",
        NO_OWNER_SETTINGS,
    ),
    "forecasts": ("stats", {"forecasts_stats": None}, "forecasts", 0),
    "an explanation": ("stats", {"assignment_explanation": None}, "explanation", ""),
    "a finish": ("config", {"finished_time": None}, "finished", None),
    "last data": (
        "stats",
        {"data_counts": {"processed_record_count": 0}},
        "last_data",
        None,
    ),
    "a block": ("config", {"blocked": None}, "blocked", ""),
    "a deletion": ("config", {"deleting": None}, "deleting", False),
    "a deletion, said aloud": ("config", {"deleting": False}, "deleting", False),
}


@pytest.mark.parametrize(
    ("part", "changes", "field", "expected"), MINIMAL.values(), ids=MINIMAL
)
def test_optional_fields_may_be_absent(
    part: str, changes: dict[str, Any], field: str, expected: object
) -> None:
    """Elasticsearch leaves out what was never set; that is no doubt."""
    job = read(**{part: changes})

    assert expected == getattr(job, field)
    assert () == job.problems


PRESENT: dict[str, tuple[str, dict[str, Any], str, object]] = {
    "an explanation": (
        "stats",
        {"assignment_explanation": "no node is large enough"},
        "explanation",
        "no node is large enough",
    ),
    "a running forecast": (
        "stats",
        {"forecasts_stats": {"status": {"started": 1, "finished": 9}}},
        "forecasts",
        1,
    ),
    "a forecast that waits": (
        "stats",
        {"forecasts_stats": {"status": {"scheduled": 2, "started": 1}}},
        "forecasts",
        3,
    ),
    "a block": ("config", {"blocked": {"reason": "revert"}}, "blocked", "revert"),
    "a block with its task": (
        "config",
        {"blocked": {"reason": "reset", "task_id": "n1:5"}},
        "blocked",
        "reset",
    ),
    "a block without a reason": ("config", {"blocked": {}}, "blocked", "unreadable"),
    "a block with an empty reason": (
        "config",
        {"blocked": {"reason": ""}},
        "blocked",
        "unreadable",
    ),
    "a block of another shape": ("config", {"blocked": True}, "blocked", "unreadable"),
    "a deletion": ("config", {"deleting": True}, "deleting", True),
    "a deletion in words": ("config", {"deleting": "true"}, "deleting", True),
    "a detector without a function": (
        "config",
        {"analysis_config": {"detectors": [{}, "mean", {"function": "rare"}]}},
        "functions",
        ("unknown", "unknown", "rare"),
    ),
}


@pytest.mark.parametrize(
    ("part", "changes", "field", "expected"), PRESENT.values(), ids=PRESENT
)
def test_optional_fields_are_read(
    part: str, changes: dict[str, Any], field: str, expected: object
) -> None:
    """What is there is read, and what is odd there protects the job."""
    assert expected == getattr(read(**{part: changes}), field)


NEVER = OwnerMode.NEVER
CUSTOM: dict[str, tuple[object, bool, OwnerMode | None]] = {
    "none": (None, False, None),
    "of another kind": ("managed", False, None),
    "a list": (["managed"], False, None),
    "managed": ({"managed": True}, True, None),
    "not managed": ({"managed": False}, False, None),
    "managed in words": ({"managed": "false"}, True, None),
    "made by a module": ({"created_by": "ml-module-apm"}, True, None),
    "made by a wizard": ({"created_by": "single-metric-wizard"}, False, None),
    "made by nobody": ({"created_by": 5}, False, None),
    "kept by its owner": ({"idle_closer": {"mode": "never"}}, False, NEVER),
    "kept, since unreadable": ({"idle_closer": "never"}, False, NEVER),
}


@pytest.mark.parametrize(("settings", "managed", "wish"), CUSTOM.values(), ids=CUSTOM)
def test_custom_settings_may_have_any_shape(
    settings: object, managed: bool, wish: OwnerMode | None
) -> None:
    """A free object of others: what is odd in it never stops a sweep."""
    job = read(config={"custom_settings": settings})

    assert (managed, wish, ()) == (job.managed, job.owner.mode, job.problems)


def test_the_owners_settings_travel_with_the_job() -> None:
    """What the owner said is a part of what was read."""
    settings = {"idle_closer": {"mode": "notify", "owner": "team-x"}}
    job = read(config={"custom_settings": settings})

    assert Owner(mode=OwnerMode.NOTIFY, name="team-x") == job.owner


SIZE = STATS["model_size_stats"]
MEMORY: dict[str, tuple[object, object, int]] = {
    "its limit": (SIZE, "1gb", 512 * MIB),
    "its current size": (
        SIZE | {"assignment_memory_basis": "current_model_bytes"},
        "1gb",
        3 * MIB,
    ),
    "its largest size": (
        SIZE | {"assignment_memory_basis": "peak_model_bytes"},
        "1gb",
        4 * MIB,
    ),
    "its limit, where no basis is named": (
        {"model_bytes_memory_limit": 7, "model_bytes": 5},
        "1gb",
        7,
    ),
    "its limit, where the basis is a new one": (
        SIZE | {"assignment_memory_basis": "moon_phase"},
        "1gb",
        512 * MIB,
    ),
    "the configured limit, where the model is still nothing": (
        {"assignment_memory_basis": "current_model_bytes", "model_bytes": 0},
        "2gb",
        2048 * MIB,
    ),
    "the configured limit, without stats": (None, "1024mb", 1024 * MIB),
    "bytes": (None, "10b", 10),
    "kilobytes in capitals": (None, "10KB", 10 * 1024),
    "terabytes": (None, "1tb", MIB**2),
    "petabytes": (None, "1pb", 1024 * MIB**2),
    "nothing, where no limit is set": (None, None, 0),
    "nothing, where the limit is unreadable": (None, "much", 0),
}


@pytest.mark.parametrize(("size", "limit", "expected"), MEMORY.values(), ids=MEMORY)
def test_memory_is_what_the_node_reserves(
    size: object, limit: object, expected: int
) -> None:
    """Elasticsearch itself names the figure; the config's limit stands in for it."""
    job = read(
        stats={"model_size_stats": size},
        config={"analysis_limits": {"model_memory_limit": limit}},
    )

    assert expected == job.memory_bytes
    assert () == job.problems


def counts(**changes: object) -> dict[str, Any]:
    """Return stats with other data counts."""
    return {"data_counts": STATS["data_counts"] | changes}


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no state": ("stats", {"state": None}, "stats.state: expected a job state"),
    "an unknown state": (
        "stats",
        {"state": "sleeping"},
        "stats.state: expected a job state, got 'sleeping'",
    ),
    "a state that is a list": ("stats", {"state": ["opened"]}, "stats.state: "),
    "no birth": ("config", {"create_time": None}, "config.create_time: expected int"),
    "a birth as text": (
        "config",
        {"create_time": "2026-01-31T06:00:00Z"},
        "config.create_time: expected int, got '2026-01-31T06:00:00Z'",
    ),
    "a birth beyond the calendar": (
        "config",
        {"create_time": 10**18},
        "config.create_time: expected epoch milliseconds, got far more",
    ),
    "a finish as a fraction": (
        "config",
        {"finished_time": 1.5},
        "config.finished_time: expected int, got 1.5",
    ),
    "last data as text": (
        "stats",
        counts(last_data_time="yesterday"),
        "stats.data_counts.last_data_time: expected int, got 'yesterday'",
    ),
    "last data as a flag": (
        "stats",
        counts(last_data_time=True),
        "stats.data_counts.last_data_time: expected int, got True",
    ),
    "no counts": (
        "stats",
        {"data_counts": None},
        "stats.data_counts.processed_record_count: expected int, got None",
    ),
    "records as text": (
        "stats",
        counts(processed_record_count="42"),
        "stats.data_counts.processed_record_count: expected int, got '42'",
    ),
    "an age as a number": (
        "stats",
        {"open_time": 86_400},
        "stats.open_time: expected a time value such as 30m, 48h or 7d, got 86400",
    ),
    "an age before the calendar": (
        "stats",
        {"open_time": "999999d"},
        "stats.open_time: expected at most 36500d, got '999999d'",
    ),
    "an age that cannot be computed with": (
        "stats",
        {"open_time": "999999999999d"},
        "stats.open_time: expected at most 36500d, got '999999999999d'",
    ),
    "an explanation as a list": (
        "stats",
        {"assignment_explanation": ["none"]},
        "stats.assignment_explanation: expected str, got ['none']",
    ),
    "a node as a number": (
        "stats",
        {"node": {"id": 1}},
        "stats.node.id: expected str, got 1",
    ),
    "memory as text": (
        "stats",
        {"model_size_stats": {"model_bytes_memory_limit": "1gb"}},
        "stats.model_size_stats.model_bytes_memory_limit: expected int, got '1gb'",
    ),
    "forecasts as text": (
        "stats",
        {"forecasts_stats": {"status": {"started": "1"}}},
        "stats.forecasts_stats.status.started: expected int, got '1'",
    ),
    "groups as text": (
        "config",
        {"groups": "idle-closer-keep"},
        "config.groups: expected list, got 'idle-closer-keep'",
    ),
    "groups of numbers": (
        "config",
        {"groups": [1]},
        "config.groups: expected a list of strings, got [1]",
    ),
    "a bucket span without a unit": (
        "config",
        {"analysis_config": {"bucket_span": "900"}},
        "config.analysis_config.bucket_span: expected a time value such as",
    ),
    "detectors as an object": (
        "config",
        {"analysis_config": {"detectors": {"function": "count"}}},
        "config.analysis_config.detectors: expected list, got {'function': 'count'}",
    ),
    "an unknown state of a datafeed": (
        "feed",
        {"state": "asleep"},
        "feed.state: expected a datafeed state, got 'asleep'",
    ),
    "a datafeed without a state": (
        "feed",
        {"state": None},
        "feed.state: expected a datafeed state, got None",
    ),
    "a datafeed that may run": (
        "feed",
        {"running_state": {"real_time_running": "yes"}},
        "feed.running_state.real_time_running: expected bool, got 'yes'",
    ),
    "a frequency without a unit": (
        "config",
        {"datafeed_config": CONFIG["datafeed_config"] | {"frequency": 450}},
        "config.datafeed_config.frequency: expected a time value such as",
    ),
}


@pytest.mark.parametrize(("part", "changes", "problem"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_is_a_problem(
    part: str, changes: dict[str, Any], problem: str
) -> None:
    """A field of the wrong type is told by name, and never looks like idleness."""
    job = read(**{part: changes})

    assert [problem] == [told[: len(problem)] for told in job.problems]


def test_one_odd_job_leaves_the_others_alone() -> None:
    """A job that cannot be read is unknown; its neighbour is read as always."""
    odd = {"job_id": "odd", "create_time": [], "datafeed_config": {"datafeed_id": {}}}
    lost = {"datafeed_id": "lost", "timing_stats": {"job_id": ["odd"]}}
    jobs = read_jobs([odd, CONFIG], [STATS], [FEED, lost], read_at=NOW)

    assert [("odd", False), ("web", True)] == [
        (job.job_id, job == OPENED) for job in jobs
    ]


def test_a_task_without_a_configuration_is_an_orphan() -> None:
    """An orphan is in the stats alone; what is missing of it is no doubt."""
    [job] = read_jobs([], [STATS], [], read_at=NOW)

    assert (False, State.OPENED, None) == (job.configured, job.state, job.created)
    assert () == job.problems


def test_a_configuration_without_stats_is_unknown() -> None:
    """A job whose state nobody told is in no state, and says so."""
    [job] = read_jobs([CONFIG], [], [FEED], read_at=NOW)

    assert (True, None) == (job.configured, job.state)
    assert ("stats.state: expected a job state, got None",) == job.problems


FEEDS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str | None]] = {
    "by its configured datafeed": ({}, [FEED | {"timing_stats": None}], "datafeed-web"),
    "by the datafeed's own word": (
        {"datafeed_config": None},
        [FEED],
        "datafeed-web",
    ),
    "by the configured one first": (
        {},
        [FEED | {"timing_stats": None}, FEED | {"datafeed_id": "old"}],
        "datafeed-web",
    ),
    "not to another job's datafeed": (
        {"datafeed_config": None},
        [FEED | {"timing_stats": {"job_id": "shop"}}],
        None,
    ),
    "not to a datafeed without a job": (
        {"datafeed_config": None},
        [{"datafeed_id": "datafeed-web", "state": "stopped"}],
        None,
    ),
    "to no datafeed at all": ({"datafeed_config": None}, [], None),
}


@pytest.mark.parametrize(("config", "feeds", "expected"), FEEDS.values(), ids=FEEDS)
def test_a_job_is_joined_to_its_datafeed(
    config: dict[str, Any], feeds: list[dict[str, Any]], expected: str | None
) -> None:
    """Datafeed stats name no job at their top level, so there are two ways to it."""
    [job] = read_jobs([CONFIG | config], [STATS], feeds, read_at=NOW)

    assert expected == (job.datafeed and job.datafeed.datafeed_id)
    assert bool(config and expected) == bool(job.problems)


@pytest.mark.parametrize("config", [None, [], "datafeed-web"])
def test_a_datafeed_without_a_configuration_is_a_doubt(config: object) -> None:
    """Its query_delay and frequency may be long: nothing is closed then (F16)."""
    [job] = read_jobs(
        [CONFIG | {"datafeed_config": config}], [STATS], [FEED], read_at=NOW
    )
    told = "config.datafeed_config: expected the configuration of its datafeed, got"

    assert job.problems[0].startswith(told)


def test_a_configured_datafeed_without_stats_is_a_problem() -> None:
    """A datafeed that was not read may be running."""
    [job] = read_jobs([CONFIG], [STATS], [], read_at=NOW)

    assert job.datafeed is None
    assert (
        "feed: expected the stats of its configured datafeed, got None",
    ) == job.problems


RUNNING = {
    "a stopped one has none": (None, None),
    "in real time": ({"real_time_configured": True, "real_time_running": True}, True),
    "still in the past": (
        {"real_time_configured": True, "real_time_running": False},
        False,
    ),
}


@pytest.mark.parametrize(("running", "expected"), RUNNING.values(), ids=RUNNING)
def test_a_datafeed_tells_what_it_reads(
    running: dict[str, bool] | None, expected: bool | None
) -> None:
    """A running state says whether a datafeed has caught up with the present."""
    feed = read(feed={"state": "started", "running_state": running}).datafeed

    assert feed is not None
    assert ("started", expected) == (feed.state, feed.real_time_running)


@pytest.mark.parametrize("job_id", ["", "Web", "web\n", "x" * 65, "_all", "a,b", "*"])
def test_what_has_an_id_that_no_job_can_have_is_none(job_id: str) -> None:
    """A close of it could only be refused, or mean other jobs."""
    odd = {"job_id": job_id}

    [job] = read_jobs([CONFIG, odd], [STATS, odd], [FEED], read_at=NOW)

    assert job.job_id == "web"


def test_long_texts_of_a_job_are_cut() -> None:
    """They are told in every line of it."""
    config = {"blocked": {"reason": "x" * 10_000}}
    job = read(config=config, stats={"assignment_explanation": "y" * 10_000})

    assert ("x" * 500, "y" * 500) == (job.blocked, job.explanation)
