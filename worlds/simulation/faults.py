"""What goes wrong in a schedule, and how often; the rates are those of the field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import Random
from typing import Any

from idle_jobs.times import spoken
from standin.cluster import Fault

_WHY = '{"type":"circuit_breaking_exception","reason":"[parent] Data too large"}'
THROTTLED = f'{{"error":{{"root_cause":[{_WHY}],{_WHY[1:]},"status":429}}'.encode()
# A proxy's own words, which are no evidence whatever they say.
CONFLICT = b'{"message":"Conflict: the datafeed could not be stopped, use force close"}'
_DENIED = (
    '{"type":"security_exception","reason":"action [cluster:admin/xpack/ml/job/close] '
    'is unauthorized for API key id [test]"}'
)
DENIED = f'{{"error":{{"root_cause":[{_DENIED}],{_DENIED[1:]},"status":403}}'.encode()
JSON = {"content-type": "application/json", "X-elastic-product": "Elasticsearch"}
OUTAGES = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=40))


@dataclass(frozen=True)
class Faults:
    """The share of each fault: of invocations, messages, entries, answers or jobs.

    `windows` scales outages, throttling and proxies; `people` how much everybody else
    does to the jobs and the modes; `silent_nodes`, `other_rules`, `mass_events` and
    `notices` are of schedules;
    `stalls` is of reads after which a function stands still. 0 switches a fault off.
    """

    deaths: float = 0.02
    duplicates: float = 0.005
    lost_deletes: float = 0.003
    refused_entries: float = 0.002
    lost_answers: float = 0.01
    unreadable_modes: float = 0.001
    slow_modes: float = 0.01
    double_firings: float = 0.1
    hanging_jobs: float = 0.01
    failing_jobs: float = 0.02
    stubborn_datafeeds: float = 0.05
    refused_forces: float = 0.003
    refused_puts: float = 0.01
    silent_nodes: float = 0.2
    other_rules: float = 0.5
    mass_events: float = 0.06
    notices: float = 0
    stalls: float = 0.001
    windows: float = 1
    people: float = 1

    def scaled(self, factor: float) -> "Faults":
        """Return all of them, that much more or less often."""
        values = {
            f.name: min(1.0, getattr(self, f.name) * factor) for f in fields(self)
        }
        return Faults(**values | {"windows": self.windows * factor})


def calm() -> Faults:
    """Return no fault at all."""
    return Faults().scaled(0)


def windows(
    source: Random, start: datetime, span: timedelta, scale: float
) -> list[Fault]:
    """Draw outages, two times of 429, a time of a proxy's 502 and its cut at 60 s."""

    def somewhere(length: timedelta) -> dict[str, Any]:
        begin = start + span * source.random()
        return {"start": begin, "until": begin + length * scale}

    if not scale:
        return []
    minutes = timedelta(minutes=1)
    return [
        *(Fault(kind="refuse", **somewhere(length)) for length in OUTAGES),
        *(
            Fault(status=429, body=THROTTLED, headers=JSON, **somewhere(10 * minutes))
            for _ in range(2)
        ),
        Fault(path="/_close", status=502, **somewhere(30 * minutes)),
        Fault(path="/_close", kind="status_after", status=504, delay=1 * minutes),
        *(fault for fault in _doors(somewhere, minutes) if source.random() < 0.4),
    ]


def in_words(fault: Fault) -> str:
    """Say what a cluster, or what stands before it, does in a window."""
    if fault.kind == "refuse":
        return "refuses every connection"
    if fault.kind == "status_after":
        longer = f"a close that takes over {spoken(fault.delay)}"
        return f"a proxy answers {fault.status} to {longer}"
    whom = "each close" if "_close" in fault.path else "every call"
    who = "" if fault.headers is JSON else "a proxy "
    return f"{who}answers {fault.status} to {whom}"


def _doors(somewhere: Callable[..., Any], minutes: timedelta) -> Iterator[Fault]:
    """Yield what stands before a cluster and answers for it, or lets nobody close."""
    yield Fault(
        path="/_close",
        status=409,
        body=CONFLICT,
        headers={"content-type": "application/json"},
        **somewhere(minutes * 20),
    )
    yield Fault(path="/_ml/", status=404, **somewhere(minutes * 4))
    yield Fault(
        path="/_close", status=403, body=DENIED, headers=JSON, **somewhere(minutes * 6)
    )
