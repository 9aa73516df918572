"""The scenario's jobs can stand to any time as they stand to the demo's sweep."""

from datetime import UTC, datetime

import pytest
import time_machine

from idle_jobs.policy.judge import judge
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from local.scenario import ROWS, SWEEP, build
from standin.cluster import API_KEY, serve

TIMES = {
    "the sweep": SWEEP,
    "long ago": datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "later, between two milliseconds": datetime(2039, 7, 1, 1, 2, 3, 456_789, UTC),
}


@pytest.mark.parametrize("now", TIMES.values(), ids=TIMES)
def test_the_verdicts_are_those_of_the_rows(now: datetime) -> None:
    """Whenever it is built for, each job gets the verdict of its row."""
    variables = {"ES_API_KEY": API_KEY, "KEEP_PATTERNS": "prod-*"}
    with time_machine.travel(now, tick=False), serve(build(now=now)) as url:
        target = open_target(Where(url=url), variables)
        jobs = target.cluster.jobs(now)
    verdicts = [judge(job, now, target.rules) for job in jobs]

    assert {row.job_id: row.verdict for row in ROWS} == {
        verdict.job.job_id: f"{verdict.action} {verdict.reason}" for verdict in verdicts
    }
