"""`idle-jobs plan` tells what a sweep would do, and only reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from commands.running import on_cluster
from local.acts import HALTED
from local.scenario import ROWS, SWEEP, build, job
from markdown import fences
from standin.cluster import Cluster

PAGE = (Path(__file__).parents[2] / "docs" / "try-it.md").read_text(encoding="utf-8")
OPEN = [row for row in ROWS if row.verdict != "keep already_closed"]


@pytest.fixture(autouse=True)
def at_the_sweep() -> Iterator[None]:
    """Stop the clock at the scenario's sweep."""
    with time_machine.travel(SWEEP, tick=False):
        yield


def plan(cluster: Cluster, *options: str, **variables: str) -> int:
    """Run `idle-jobs plan` against a cluster."""
    return on_cluster(cluster, "plan", *options, **variables)


def document(
    cluster: Cluster, capsys: pytest.CaptureFixture[str], *options: str, **turned: str
) -> dict[str, Any]:
    """Return the plan as JSON."""
    assert plan(cluster, *options, "--output", "json", **turned) == 0
    plan_: dict[str, Any] = json.loads(capsys.readouterr().out)
    return plan_


def test_every_job_that_is_not_closed_has_its_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The verdicts are those that the demo's sweep has to give."""
    jobs = document(build(), capsys)["jobs"]

    told = {job["job_id"]: f"{job['action']} {job['reason']}" for job in jobs}
    assert {row.job_id: row.verdict for row in OPEN} == told


def test_what_is_sent_stands_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows are in the order of what is done, and only these are marked."""
    jobs = document(build(), capsys)["jobs"]

    marks = [(job["action"], job["sweep"]) for job in jobs]
    sent = [("close", "send")] * 7 + [("watch", "send")]
    assert sent + [("report", "")] * 5 == marks[:13]
    assert {("keep", "")} == set(marks[13:])


def test_the_page_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of the excerpt begins a line of the scenario's plan."""
    plan(build())
    excerpt = next(f for f in fences(PAGE, "text") if "would send" in f)

    lines = capsys.readouterr().out.splitlines()
    assert all(any(o.startswith(e) for o in lines) for e in excerpt.splitlines())


def test_nothing_is_posted(capsys: pytest.CaptureFixture[str]) -> None:
    """Six reads reach the cluster, two of them for the headline; nothing else."""
    cluster = build()
    plan(cluster, FORCE_FAILED="true", CLOSE_JOBS_WITHOUT_DATAFEED="true")

    assert ["GET"] * 6 == [received.method for received in cluster.log]
    assert "Nothing was closed." in capsys.readouterr().out


def test_what_has_no_effect_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern that matches nothing, and an owner's key that is not read (F14)."""
    cluster = Cluster()
    settings = {"idle-closer": {"mode": "never"}, "custom_urls": []}
    cluster.add_job("web", now=SWEEP, custom_settings=settings)
    plan(cluster, KEEP_PATTERNS="prod-", MANAGED_JOBS_ALLOWED="apm")
    out = capsys.readouterr().out

    assert " keep     kept_by_owner " in out
    assert out.endswith(
        "no effect   KEEP_PATTERNS: prod- matches no job and no group\n"
        "no effect   MANAGED_JOBS_ALLOWED: apm is not a job\n"
        "no effect   web: custom_settings.idle-closer: not read, expected idle_closer\n"
        "Nothing was closed.\n"
    )


def test_limits_hold_back(capsys: pytest.CaptureFixture[str]) -> None:
    """The one place goes by lot, here not to the largest; watching costs nothing."""
    plan(build(), MAX_CLOSES_PER_SWEEP="1")

    out = capsys.readouterr().out
    assert "would send  2: 1 close, 1 watch\n" in out
    assert "held back   6: 6 close, 6 over_limit\n" in out
    assert "would free  512 MB of ML memory\n" in out


def test_a_halted_sweep_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Twelve jobs that became idle at once are all held back."""
    jobs = document(build(HALTED), capsys)["jobs"]

    held = {(job["sweep"], job["hold_reason"]) for job in jobs}
    assert ({("hold", "sweep_halted")}, len(HALTED)) == (held, len(jobs))


def test_a_plan_says_what_is_held_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """One number for each reason, and one line for the event (R10)."""
    old = [job(f"old-{n}", "close idle_datafeed_stopped > opened") for n in range(3)]
    plan(build([*HALTED, *old]), MAX_CLOSES_PER_SWEEP="1")

    out = capsys.readouterr().out
    assert "held back   14: 14 close, 12 sweep_halted, 2 over_limit\n" in out
    assert "halt        12 of 15 open jobs became idle from 2026-03-01T22" in out


def test_an_empty_cluster_has_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """No job, no row, nothing to free."""
    assert plan(Cluster()) == 0

    out = capsys.readouterr().out
    assert "not closed  0\n" in out
    assert "would free  nothing of ML memory\n" in out


def test_foreign_text_breaks_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    """What a terminal would obey, or rich would colour, is printed as text."""
    cluster = Cluster()
    said = "no\nroom\x1b[2J [red]here[/red]"
    cluster.add_job("web", now=SWEEP, state="opening", explanation=said)
    plan(cluster)

    _, _, row, *_ = capsys.readouterr().out.splitlines()
    assert row.rstrip().endswith("no room [2J [red]here[/red]")
