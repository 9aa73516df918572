"""Elastic Cloud Serverless, and whatever else hides nodes or keeps APIs to itself.

By Elastic's specification `_ml/info` is private there and no `node` is shown, while the
lists of jobs and datafeeds, and the close, are public.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import RULES
from elastic.test_cluster import client
from idle_jobs.elastic.tasks import TASKS_PATH
from idle_jobs.errors import NotOnServerless, Refused
from idle_jobs.policy.job import Job
from idle_jobs.policy.judge import judge
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.reasons import Reason
from local.runner import Runner
from local.schedule import DAILY
from stacks import START, add_idle, after, ends, sweep
from standin.cluster import Cluster as StandIn
from standin.cluster import Fault, serve
from standin.cluster.faults import Timed
from standin.cluster.wire import Answer, Request

NOW = datetime.now(UTC)
JOBS = "/_ml/anomaly_detectors/_stats"


class Serverless(StandIn):
    """A project: it offers no private API and shows no node."""

    private: tuple[str, ...] = ("/_ml/info", TASKS_PATH)
    hidden: tuple[str, ...] = ("node",)

    def handle(self, request: Request, now: datetime) -> Timed:
        """Answer as a stack does, and leave out what a project does not show."""
        answer, takes = super().handle(request, now)
        if request.path.partition("?")[0] in self.private:
            return not_available(request.path), takes
        if answer.status != 200:
            return answer, takes
        return Answer(200, answer.headers, self._shown(answer.body)), takes

    def _shown(self, body: bytes) -> bytes:
        answer: dict[str, Any] = json.loads(body)
        for item in (*answer.get("jobs", []), *answer.get("datafeeds", [])):
            for name in self.hidden:
                item.pop(name, None)
        return json.dumps(answer).encode()


def not_available(path: str) -> Answer:
    """Return what Serverless says of an API that it keeps to itself."""
    why = f"uri [{path}] with method [GET] exists but is not available when running in "
    cause = {"type": "api_not_available_exception", "reason": f"{why}serverless mode"}
    error = {"root_cause": [cause], **cause}
    return Answer(410, {}, json.dumps({"error": error, "status": 410}).encode())


@pytest.fixture
def project() -> Serverless:
    """Return a project with an idle job and a busy one."""
    project, old = Serverless(), NOW - timedelta(days=30)
    for job_id, days in (("web", 20), ("busy", 0)):
        data = NOW - timedelta(days=days)
        fields: Any = {"created": old, "opened": old, "last_data": data}
        fields["datafeed"] = "stopped" if days else "started"
        project.add_job(job_id, now=NOW, **fields)
    return project


@pytest.fixture
def url(project: Serverless) -> Iterator[str]:
    """Serve the project and return where."""
    with serve(project) as url:
        yield url


def verdict(jobs: list[Job], job_id: str = "web") -> Verdict:
    """Return the verdict of one of these jobs."""
    [job] = [job for job in jobs if job.job_id == job_id]
    return judge(job, NOW, RULES)


@pytest.mark.parametrize("ids", [None, ["busy", "web"]])
def test_jobs_on_serverless_are_judged(url: str, ids: list[str] | None) -> None:
    """Neither `_ml/info` nor a node is needed, where `open_time` is told (F7)."""
    jobs = client(url).jobs(NOW, ids)

    assert Action.CLOSE is verdict(jobs).action
    assert Reason.ACTIVE is verdict(jobs, "busy").reason


def test_a_job_on_serverless_is_closed() -> None:
    """From the sweep to the proof, without a word that is not public (F7)."""
    with Runner(Serverless(), START, DAILY) as stack:
        add_idle(stack)
        sweep(stack)
        stack.run(after(hours=1))

        assert ends(stack) == ["web: closed idle_datafeed_stopped"]
        assert stack.metrics["ClusterRefused"] == 0
        assert stack.errors == []


DOUBTS: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "no open_time (F7)": (("node", "open_time"), {}, "unknown"),
    "no open_time and no explanation (F7)": (
        ("node", "open_time", "assignment_explanation"),
        {},
        "unknown",
    ),
    "a task that was given up (F7)": (
        ("node",),
        {"explanation": "awaiting reassignment after node loss"},
        "unknown",
    ),
    "no explanation is shown either (F7)": (
        ("node", "assignment_explanation"),
        {},
        "idle_datafeed_stopped",
    ),
}


@pytest.mark.parametrize(
    ("hidden", "fields", "reason"), DOUBTS.values(), ids=DOUBTS.keys()
)
def test_a_hidden_node_is_told_from_a_lost_one(
    url: str, project: Serverless, hidden: tuple[str, ...], fields: Any, reason: str
) -> None:
    """Only a process that lives has an `open_time`; a lost node is explained (F7)."""
    project.hidden = hidden
    for name, value in fields.items():
        setattr(project.jobs["web"], name, value)

    assert reason == verdict(client(url).jobs(NOW)).reason


@pytest.mark.parametrize(
    ("mode", "reason"), [("upgrade_mode", "upgrade_mode"), ("reset_mode", "reset_mode")]
)
def test_upgrade_mode_shows_without_the_info(
    url: str, project: Serverless, mode: str, reason: str
) -> None:
    """Each task says why it runs on no node: nothing is closed meanwhile (F7)."""
    setattr(project, mode, True)
    jobs = client(url).jobs(NOW)

    assert {reason} == {str(verdict(jobs, job.job_id).reason) for job in jobs}


@pytest.mark.parametrize("path", [JOBS, "/_ml/datafeeds/_stats"])
def test_a_list_that_is_kept_back_is_refused_by_name(
    url: str, project: Serverless, path: str
) -> None:
    """What the verdicts rest on cannot be done without: a person is told (F7)."""
    project.private = (path,)

    with pytest.raises(Refused, match="not available when running in serverless mode"):
        client(url).jobs(NOW)


FILTERED = {
    "a page for a 404 (F7)": (404, b"<html>404 Not Found</html>"),
    "JSON for a 404 (F7)": (404, b'{"message": "no Route matched"}'),
    "a 405 (F7)": (405, b""),
    "a 403 (F7)": (403, b'{"error": "forbidden"}'),
}


@pytest.mark.parametrize(("status", "body"), FILTERED.values(), ids=FILTERED)
def test_a_proxy_that_lets_no_call_to_the_info_through_is_named(
    url: str, project: Serverless, status: int, body: bytes
) -> None:
    """It says nothing about the cluster behind it, so that is not served (F7)."""
    project.private = ()
    project.faults.append(Fault(path="_ml/info", status=status, body=body))

    with pytest.raises(Refused, match=f"{status} not an answer of Elasticsearch"):
        client(url).jobs(NOW)


@pytest.mark.slow
def test_a_project_without_machine_learning_rings() -> None:
    """Every sweep is refused once, and no day of vain tries comes before (F7)."""
    project = Serverless()
    project.private = (*Serverless.private, JOBS)
    with Runner(project, START, DAILY) as stack:
        summary = sweep(stack)
        stack.invoke("Sweeper", {"job_id": "web"})

        assert stack.metrics["ClusterRefused"] == 2
        assert summary["refused"] == str(stack.errors[0][1])
        assert [NotOnServerless] == [type(error) for _, error in stack.errors]
