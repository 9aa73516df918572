"""`idle-jobs plan` tells what a sweep would do, and only reads."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from jsonschema import Draft202012Validator

from commands.running import idle_jobs, on_cluster
from idle_jobs_cli.output.formats import Format
from idle_jobs_cli.planning.document import JOB_FIELDS
from idle_jobs_cli.schemas import schema
from local.acts import HALTED
from local.scenario import ROWS, SWEEP, build, job
from markdown import fences
from standin.cluster import API_KEY, Cluster, serve
from standin.cluster.shell import serve_handle
from standin.control import TurnedClock

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


def test_what_the_privilege_would_save_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one short line, and only to who lacks it."""
    line = f"With the privilege monitor, a sweep would read {len(OPEN)} of "
    cluster = build()
    assert plan(cluster) == 0
    assert "monitor" not in capsys.readouterr().out
    cluster.keys = {f"ApiKey {API_KEY}": ("monitor_ml",)}

    assert plan(cluster) == 0
    [told] = [x for x in capsys.readouterr().out.splitlines() if x.startswith(line)]
    assert len(told) < 80


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

    printed = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9200", capsys.readouterr().out)
    lines = printed.splitlines()
    assert all(any(o.startswith(e) for o in lines) for e in excerpt.splitlines())


def test_nothing_is_posted(capsys: pytest.CaptureFixture[str]) -> None:
    """Nine reads reach the cluster, two of them for the headline; nothing else."""
    cluster = build()
    plan(cluster, FORCE_FAILED="true", CLOSE_JOBS_WITHOUT_DATAFEED="true")

    assert ["GET"] * 9 == [received.method for received in cluster.log]
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


@pytest.mark.parametrize("output", [*map(str, Format)])
@pytest.mark.parametrize("command", [["plan"], ["explain", "web"]], ids=" ".join)
def test_no_output_has_what_a_terminal_obeys(
    command: list[str], output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever may write into a job has no say over the operator's terminal."""
    evil = "a\x1b[2J\x9b31m\u202e\r\n\x07\x7fz"
    cluster = Cluster()
    owner = {"idle_closer": {"owner": evil, "mode": evil}, f"idle-closer{evil}": 1}
    job = cluster.add_job("web", now=SWEEP, state="opening", custom_settings=owner)
    job.explanation, job.groups = evil, [evil]
    assert on_cluster(cluster, *command, "-o", output) == 0

    out = capsys.readouterr().out
    assert "31m" in out
    assert [] == [c for c in out if c != "\n" and not c.isprintable()]


SCHEMA = schema("plan")
PLANS: dict[str, tuple[Cluster, list[str]]] = {
    "of the scenario": (build(), []),
    "with held jobs": (build(HALTED), ["--set", "MAX_CLOSES_PER_SWEEP=1"]),
    "of nothing": (Cluster(), []),
    "filtered": (build(), ["--verdict", "close"]),
}


@pytest.mark.parametrize(("cluster", "options"), PLANS.values(), ids=PLANS)
def test_a_plan_is_what_its_schema_says(
    cluster: Cluster, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each field is described, and nothing else is printed (U1)."""
    printed = document(cluster, capsys, *options)

    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(printed)
    assert sorted(JOB_FIELDS) == sorted(SCHEMA["$defs"]["job"]["properties"])


def test_yaml_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """A reader of YAML gets what a reader of JSON gets."""
    as_json = document(build(), capsys)
    plan(build(), "--output", "yaml")
    as_yaml = yaml.safe_load(capsys.readouterr().out)

    as_yaml["cluster"]["url"] = as_json["cluster"]["url"]  # Each server has its port.
    assert as_json == as_yaml


def test_csv_has_a_line_for_each_job(capsys: pytest.CaptureFixture[str]) -> None:
    """The columns are the same, whatever the plan (U1)."""
    plan(build(), "--output", "csv")
    heading, *rows = csv.reader(capsys.readouterr().out.splitlines())

    assert [*JOB_FIELDS] == heading
    assert len(OPEN) == len(rows)
    assert ["search-volume", "opened", "close"] in [row[:3] for row in rows]


def test_no_cell_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    """A spreadsheet would run what an owner wrote."""
    cluster = Cluster()
    owner = {"idle_closer": {"owner": "=cmd|'/c calc'!A1"}}
    cluster.add_job("web", now=SWEEP, state="opened", custom_settings=owner)
    plan(cluster, "--output", "csv")
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())

    assert row["owner"].startswith("'=")


FILTERS: dict[str, tuple[list[str], set[str]]] = {
    "a verdict": (["--verdict", "watch"], {"night-batch"}),
    "two reasons": (
        ["--reason", "idle_never_fed", "--reason", "closing"],
        {"trial-import", "night-batch"},
    ),
    "a size": (
        ["--larger-than", "1gb"],
        {"old-payments", "search-volume", "web-latency"},
    ),
    "a size and a verdict": (
        ["--larger-than", "1gb", "--verdict", "close"],
        {"search-volume", "web-latency"},
    ),
    "a group": (
        ["--group", "season-2025"],
        {"autumn-sales", "winter-sales"},
    ),
}


@pytest.mark.parametrize(("options", "expected"), FILTERS.values(), ids=FILTERS)
def test_filters(
    options: list[str], expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what fits is shown; the summary is that of the whole plan."""
    shown = document(build(), capsys, *options)

    assert expected == {job["job_id"] for job in shown["jobs"]}
    assert len(OPEN) == shown["summary"]["not_closed"]


def test_a_filter_says_what_it_hides(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody takes a part for the whole."""
    plan(build(), "--verdict", "watch")

    assert f"not shown   {len(OPEN) - 1}, by the filters\n" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["many", "1.5gb", "-1", "5 tons"])
def test_a_size_is_one_of_elasticsearch(
    size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other sizes are refused, with an example."""
    assert plan(Cluster(), "--larger-than", size) == 2
    assert "expected a byte size such as 512mb or 2gb" in capsys.readouterr().err


REASONS = {
    "idle_datafeed_stoped": ": did you mean idle_datafeed_stopped ",
    "never_fed": ": did you mean idle_never_fed",
    "x": "\n",
}


@pytest.mark.parametrize(("reason", "near"), REASONS.items())
def test_a_reason_has_to_exist(
    reason: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that are spelt alike are named, and not all sixty (U12)."""
    assert plan(Cluster(), "--reason", reason) == 2

    error, _ = capsys.readouterr().err.splitlines(keepends=True)
    told = f"Error: Invalid value for '--reason': '{reason}' is not a reason that a "
    assert error.startswith(f"{told}plan gives{near}")
    assert len(error) < 200


def test_a_saved_plan_shows_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """New jobs, those that left, and those with another verdict; and the settings."""
    cluster, file = build(), str(tmp_path / "plan.json")
    with serve(cluster) as url:
        given = {"ES_API_KEY": API_KEY, "KEEP_PATTERNS": "prod-*"}
        idle_jobs("plan", "--url", url, "--save", file, **given)
        capsys.readouterr()
        cluster.add_job("brand-new", now=SWEEP, state="opened", created=SWEEP)
        del cluster.jobs["web-latency"]
        given["KEEP_PATTERNS"] = "search-*"
        assert idle_jobs("plan", "--url", url, "--diff", file, **given) == 0
    out = capsys.readouterr().out

    head, settings, *rows, count = out.splitlines()
    changed = {row.split()[0]: row.split()[1] for row in rows[1:]}
    assert head.startswith("Cluster: stand-in at http://127.0.0.1:")
    assert settings == "KEEP_PATTERNS: was prod-*, is search-*"
    assert changed == {
        "brand-new": "new",
        "prod-orders": "changed",
        "search-volume": "changed",
        "web-latency": "left",
    }
    assert count == "4 changes since 2026-03-02T00:00:00Z."


def test_nothing_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan that was read from a pipe, and that is the same as JSON."""
    file = str(tmp_path / "plan.json")
    cluster = build()
    plan(cluster, "--save", file)
    capsys.readouterr()
    plan(cluster, "--diff", file, "--output", "json")

    assert [] == json.loads(capsys.readouterr().out)["changes"]


def test_the_clock_of_a_simulated_cluster_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whose clock was turned, has the plan of that time (U14)."""
    cluster, clock = build(), TurnedClock()
    later = SWEEP + timedelta(days=30)
    hour, long_ago = timedelta(hours=1), SWEEP - timedelta(days=20)
    cluster.add_job(
        "anew",
        now=later,
        state="opened",
        created=long_ago,
        opened=later - hour,
        last_data=long_ago,
        datafeed="stopped",
    )
    clock.advance(timedelta(days=30))
    cluster.clock_is_turned = lambda: clock.turned
    with serve_handle(cluster.handle, clock, 0) as url:
        code = idle_jobs("plan", "--url", url, "-o", "json", ES_API_KEY=API_KEY)
    jobs = json.loads(capsys.readouterr().out)

    assert (0, "2026-04-01T00:00:00Z") == (code, jobs["planned_at"])
    told = {job["job_id"]: job["detail"] for job in jobs["jobs"]}
    assert told["search-volume"].startswith("quiet for 50d")
    assert told["anew"] == "quiet for 50d, but opened or moved 1h ago"
