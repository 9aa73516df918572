"""What a schedule begins with: its cluster, its settings, its requests, its faults."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from simulation.faults import Faults, in_words
from simulation.history import Asked, History
from simulation.schedule import START, Schedule, build
from simulation.telling.cast import Cast
from simulation.telling.lines import named
from standin.cluster import Job

# The rates in words; what is drawn for a whole schedule is told by itself.
RATES: Mapping[str, str] = {
    "deaths": "of the invocations die before they answer",
    "duplicates": "of the messages are delivered twice",
    "lost_deletes": "of the deletes of messages are lost",
    "refused_entries": "of the messages are refused by SQS",
    "lost_answers": "of the answers of the cluster are lost",
    "unreadable_modes": "of the reads of the mode fail",
    "slow_modes": "of the reads of the mode take up to 21s",
    "double_firings": "of the sweeps are started twice",
    "hanging_jobs": "of the jobs hang while closing",
    "failing_jobs": "of the jobs fail while closing",
    "stubborn_datafeeds": "of the datafeeds do not stop",
    "refused_forces": "of the jobs cannot be forced",
    "refused_puts": "of the items are refused by DynamoDB, and as many answers lost",
    "stalls": "of the reads let their function stand still for a minute",
}


def opening(schedule: Schedule, history: History) -> Iterator[tuple[str, str]]:
    """Yield what there is, each with its name; one name may have several lines."""
    stack = build(schedule)
    cluster = stack.cluster
    jobs = list(cluster.jobs.values())
    yield "cluster", f"Elasticsearch {cluster.version} with {len(jobs)} jobs"
    for kind, count in Counter(map(_kind, jobs)).most_common():
        yield "", f"{count:4} {kind}"
    turned = [f"{name}={value}" for name, value in stack.parameters]
    yield "settings", ", ".join(turned) or "the defaults"
    yield from _requests(Cast(history))
    rates = [*_rates(schedule.faults)]
    rates += [f"always {in_words(f)}" for f in cluster.faults if not f.start]
    for nth, rate in enumerate(rates or ["none"]):
        yield "" if nth else "faults", rate


def _kind(job: Job) -> str:
    if job.state != "opened":
        return job.state
    if job.last_data is None:
        return "opened, never had data"
    if job.datafeed is None:
        return "opened, no datafeed, and no data for days"
    if job.datafeed == "stopped":
        return "opened, the datafeed is stopped, and no data for days"
    if not job.real_time_running:
        return "opened, the datafeed reads old data"
    if job.last_data > START - timedelta(hours=1):
        return "opened, and data comes in"
    return "opened, the datafeed finds no data"


def _requests(cast: Cast) -> Iterator[tuple[str, str]]:
    """Yield what is asked at which time, and what lies in ParkingQueue."""
    asked = sorted(cast.truth.asked.values(), key=attrgetter("at"))
    old = [a.expression for a in asked if a.at < cast.history.start]
    yield "requests", f"in ParkingQueue, of the days before: {named(old) or 'none'}"
    for at, group in groupby(asked[len(old) :], attrgetter("at")):
        yield "", f"{cast.since(at)}  {_names(cast, list(group))}"


def _names(cast: Cast, group: list[Asked]) -> str:
    names = [cast.name(asked.request_id) for asked in group]
    if group[0].scheduled:
        return f"{names[0]}, of the schedule"
    if len(names) == 1:
        return f"{names[0]}, of a person"
    return f"{len(names)} requests of a person, {names[0]} to {names[-1]}"


def _rates(faults: Faults) -> Iterator[str]:
    for field, words in RATES.items():
        share: float = getattr(faults, field)
        if share:
            yield f"{share:5.1%} {words}"
