"""What a scheduled sweep costs: it grows with the open jobs, and with nothing else."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from benchmark.cluster_jobs import Spec
from benchmark.cluster_process import cluster, difference
from elastic.test_cluster import client
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_busy, add_idle, sweep
from standin.cluster import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# A request line has 4,096 bytes. With ids of 22 bytes, a pack has 100 jobs and costs
# four requests: stats, configurations, and two for datafeeds, whose ids are longer.
REQUESTS = 0.05


def read(spec: Spec) -> tuple[int, dict[str, float]]:
    """Read the open jobs of a cluster; return how many, and what was counted."""
    with cluster(spec) as served:
        ours, now = client(served.url, read=60), datetime.now(UTC)
        before = served.counts()
        open_now = ours.open_ids()
        assert open_now is not None
        jobs = ours.open_jobs(now, open_now, (), now - timedelta(days=8))
        return len(jobs), difference(served.counts(), before)


def test_nearly_ten_thousand_jobs_cost_what_300_open_ones_cost() -> None:
    """The three lists of all jobs are 41 MB and cause 19,698 searches."""
    found, counted = read(Spec(9_999, 300, 30))

    assert found == counted["searches"] == 300
    assert counted["requests"] <= 2 + REQUESTS * 300
    assert counted["received"] + counted["sent"] < 100_000


@pytest.mark.parametrize(("jobs", "opened"), [(100_000, 3_000), (12_000, 12_000)])
def test_no_number_of_jobs_is_refused(jobs: int, opened: int) -> None:
    """A hundred thousand, or more open ones than the lists of Elasticsearch show."""
    found, counted = read(Spec(jobs, opened, opened // 10))

    assert found == counted["searches"] == opened
    assert counted["requests"] <= 2 + REQUESTS * opened
    assert counted["received"] + counted["sent"] < 300 * opened


def test_each_open_job_has_one_short_line_in_the_log() -> None:
    """Whether it is kept, sent or held: with its verdict, and why."""
    with Runner(Cluster(), START, {**DAILY, "MaxClosesPerSweep": "5"}) as stack:
        for number in range(30):
            add_busy(stack, f"busy-{number}")
            # Not all at the same time, which would be a mass event.
            quiet = timedelta(days=5 * number + 10)
            old = {"created": START - timedelta(days=400), "last_data": START - quiet}
            add_idle(stack, f"idle-{number}", **old)
        sweep(stack)
        lines = [
            line for line in stack.said.getvalue().splitlines() if "job_id" in line
        ]
        of_jobs = [line for line in stack.log if "job_id" in line]

        assert len(lines) == len({line["job_id"] for line in of_jobs}) == 60
        assert {"verdict"} == {line["message"] for line in of_jobs}
        fates = Counter(
            (line["action"], line.get("sweep"), line.get("hold_reason"))
            for line in of_jobs
        )
        assert fates == {
            ("keep", None, None): 30,
            ("close", "send", None): 5,
            ("close", "hold", "over_limit"): 25,
        }
        assert all("detail" in line for line in of_jobs)
        assert max(map(len, lines)) < 420


def test_what_a_request_holds_back_ends_in_an_outcome() -> None:
    """Once: who asked for the job looks for it, and not for a verdict."""
    with Runner(Cluster(), START, {**DAILY, "MaxClosesPerSweep": "1"}) as stack:
        add_idle(stack, "idle-1")
        add_idle(stack, "idle-2")
        stack.request(job_id="idle-*", only_if_idle=True, request_id="ann")
        stack.take_one("Sweeper")

        held = [(x["message"], x.get("sweep"), x.get("ended")) for x in stack.log]
        assert held.count(("outcome", None, "skipped")) == 1
        assert held.count(("verdict", None, None)) == 2
        assert [x["reason"] for x in stack.outcomes()] == ["over_limit"]
