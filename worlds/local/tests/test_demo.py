"""The demo's day: it ends as it says, and an outage in its middle changes no force."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rich.console import Console

from idle_jobs_cli.page.content import Kind
from local import scenario
from local.acts import ACTS
from local.checks import problems
from local.day import closings
from local.demo import Scene, Teller, ends_of, play, sum_up
from local.ends import End, print_ends
from local.runner import Runner
from local.scenario import job
from standin.cluster import Fault

pytestmark = pytest.mark.slow

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
NIGHT = End(
    job="night-batch",
    before="closing",
    verdict="watch closing",
    outcome="skipped: already_closed",
    freed="",
    detail="somebody is closing it",
    steps="looked at 7 times",
)
EXCERPT = README.split("```text\n")[1].split("```")[0].splitlines()


@cache
def demo(**environment: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the demo as a newcomer does, into a pipe; return its page, too."""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with TemporaryDirectory() as folder:
        run = subprocess.run(
            [sys.executable, "-m", "local.demo"],
            cwd=folder,
            env=os.environ | path | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        (page,) = Path(folder).iterdir()
        assert f"The day as a page for a browser: {page.resolve()}\n" in run.stdout
        return run, page.read_text("utf-8")


def test_the_demo_ends_as_its_rows_demand() -> None:
    """Plain text in a pipe, a line for each job, what the README shows, and exit 0."""
    run, _ = demo()
    jobs = [row.job_id for act in ACTS for row in act.rows]
    ends = run.stdout.split("How each job ended\n")[1].splitlines()

    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
    assert run.stdout.isascii()
    assert "\x1b" not in run.stdout
    assert jobs == [job for line in ends for job in line.split()[:1] if job in jobs]
    assert [line for line in EXCERPT if line not in run.stdout] == []
    assert "read 1 job, 1 to close\n" in run.stdout


def test_the_demo_uses_no_word_that_it_does_not_explain() -> None:
    """What a sweep does to a job is said before the first verdict (U16)."""
    output = StringIO()
    print_ends(Console(file=output, width=60), [[NIGHT]])
    legend, end = output.getvalue().split("\n\n")

    assert "watch: a close that somebody else began" in legend.replace("\n", " ")
    assert "night-batch  watch closing" in end


def test_the_demo_ends_quietly(tmp_path: Path) -> None:
    """Ctrl-C in its midst: 130, and no trace (U8)."""
    with subprocess.Popen(
        [sys.executable, "-m", "local.demo"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        next(line for line in process.stdout if line.startswith("00:00:00"))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)

    assert ("", 130) == (errors, process.returncode)


def test_the_first_line_waits_for_nothing() -> None:
    """What takes a second to import is imported when the reader has a first line."""
    run = subprocess.run(
        [sys.executable, "-c", "import local.demo, sys; print(*sys.modules)"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"boto3", "botocore", "jinja2", "moto"}.isdisjoint(run.stdout.split())


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    """Return the acts as they are played."""
    return [play(act, Console(file=StringIO()), disturbed=False) for act in ACTS]


@pytest.mark.parametrize(
    ("parked", "told"), [(0, "0 messages"), (1, "1 message"), (2, "2 messages")]
)
def test_what_is_parked_is_counted(parked: int, told: str) -> None:
    """One is no plural."""
    said = Console(file=StringIO(), width=200)
    sum_up(said, [Scene(ACTS[0], [], [], parked, Counter())], 1)

    assert f"; {told} in ParkingQueue for a person." in said.file.getvalue()  # type: ignore[attr-defined]


WAY = [
    (0, Kind.REQUESTED, "requested by schedule"),
    (0, Kind.POSTED, "close call: still_closing: no answer within the read timeout"),
    (16, Kind.LOOKED, "looked: still_closing"),
    (33, Kind.LOOKED, "looked: still_closing"),
    (65, Kind.LOOKED, "looked: still_closing"),
    (126, Kind.HANDED_OVER, "handed over to ForceQueue: failed"),
    (126, Kind.FORCED, "force call (failed): closed"),
    (126, Kind.ENDED, "force_closed: failed"),
]


def test_the_page_tells_the_way_of_each_closing(scenes: list[Scene]) -> None:
    """A job that fails while it closes: each look, the hand-over, and the force."""
    found = {each.job_id: each for each in closings(scenes[0].log, [])}
    steps = found["cdn-traffic"].steps

    assert WAY == [
        (int((s.at - scenario.SWEEP).total_seconds()), s.kind, s.text) for s in steps
    ]
    assert ["", *["CloseQueue"] * 5, *["ForceQueue"] * 2] == [s.queue for s in steps]
    assert "night-batch" not in found  # Somebody else closes it.
    assert ("parked", "skipped") == (
        found["haunted-job"].ended,
        found["legacy-sales"].ended,
    )
    assert ("ann", "moved to the new index") == (
        found["old-payments"].asked_by,
        found["old-payments"].reason,
    )


def shown(scenes: Iterable[Scene], width: int) -> tuple[list[str], list[str]]:
    """Return the story and the ends, as a terminal of so many columns shows them."""
    story, ends = (
        Console(file=StringIO(), width=width, force_terminal=True, no_color=True)
        for _ in range(2)
    )
    teller = Teller(story)
    for scene in scenes:
        for line in scene.log:
            teller.tell(line)
    print_ends(ends, [ends_of(scene) for scene in scenes])
    both = [console.file for console in (story, ends)]
    texts = [file.getvalue() for file in both if isinstance(file, StringIO)]
    plain, table = (re.sub("\x1b\\[[0-9;]*m", "", t).splitlines() for t in texts)
    return plain, table


@pytest.mark.parametrize(("width", "most"), [(60, 2), (80, 2), (200, 1)])
def test_the_demo_fits_a_terminal(scenes: list[Scene], width: int, most: int) -> None:
    """No line wraps and no id is folded; each job has few lines of its own (U2)."""
    story, table = shown(scenes, width)
    ids = {row.job_id for act in ACTS for row in act.rows}
    text = "\n".join(table).split(" is followed.", maxsplit=1)[-1]
    count = sum(len(act.rows) for act in ACTS)

    assert [line for line in story + table if len(line) > width] == []
    assert [line for line in story if not re.match(r"\d\d:\d\d:\d\d  ", line)] == []
    assert ids <= set(text.split())
    assert len([line for line in text.splitlines() if line]) <= most * count + 1


def test_a_narrow_terminal_still_says_what_happened(scenes: list[Scene]) -> None:
    """At 60 columns the functions' names give way to what they do (U2)."""
    narrow, wide = (shown(scenes, width)[0] for width in (60, 80))

    assert "02:40:56  mail-queue       force_closed: still_closing" in narrow
    assert "02:40:56  ForceCloser mail-queue       force_closed: still_closing" in wide


def test_the_demo_ends_the_same_under_faults() -> None:
    """Outages, 429s, cut answers and a crash change no end and no count."""
    (calm, _), (run, _) = demo(), demo(FAULTS="1")

    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
    assert counted(run.stdout) == counted(calm.stdout)


@pytest.mark.parametrize("environment", [{}, {"FAULTS": "1"}], ids=["calm", "faults"])
def test_the_demo_writes_its_day_as_a_page(environment: dict[str, str]) -> None:
    """The same figures under faults, although not every hour can be measured then."""
    _, page = demo(**environment)
    text = " ".join(re.sub("<[^>]*>", " ", page).split())

    assert "34 jobs are not closed: 7 close, 1 watch, 5 report, 21 keep" in text
    assert "10.5 GB of ML memory is held by idle jobs" in text
    assert "15.5 GB of ML memory is saved by jobs" in text
    assert "10 closings since 2026-03-02 00:00" in text
    assert "2026-03-02 00:00 potential 10.5 GB" in text
    assert "Potential ends at 512 MB. Saved ends at 15.5 GB." in text
    assert "All 12 as a table" in text


def counted(told: str) -> str:
    """Return the sentence in which the demo counts ends, closings and memory."""
    (found,) = re.findall(r"\d+ skipped, .* for a person\.", " ".join(told.split()))
    assert re.search(r"\d+ closed, \d+ force_closed, .* GB of ML memory freed", found)
    return str(found)


def test_the_demo_can_fail() -> None:
    """A row that demands what does not happen is told."""
    act = replace(ACTS[2], rows=[job("quiet-one", "close closing > closed x > closed")])
    with Runner(act.build(), scenario.START, act.parameters) as runner:
        runner.run(act.end)
        wrong = list(problems(runner, act.rows))

    assert wrong == [
        "quiet-one: the verdict was ['keep upgrade_mode'], not close closing",
        "quiet-one: it ended [], not closed x",
        "quiet-one: it is opened, not closed",
        "quiet-one: the ledger has 0 items of it",
    ]


def test_a_three_hour_outage_forces_parks_and_loses_nothing() -> None:
    """Ten minutes after the sweep the cluster goes away until ten past three."""
    start = scenario.SWEEP + timedelta(minutes=10)
    cluster = scenario.build()
    cluster.faults.append(
        Fault(path=".", kind="refuse", start=start, until=start + timedelta(hours=3))
    )
    with Runner(cluster, scenario.START, scenario.PARAMETERS) as runner:
        scenario.direct(runner)
        runner.run(scenario.END)
        queued = [q for q in runner.topology.queues if q != "ParkingQueue"]
        left = [runner.queues.bodies(queue) for queue in queued]
    wanted = {row.job_id: row.outcome for row in scenario.ROWS if row.outcome}
    ended = [(line["job_id"], line["ended"]) for line in runner.outcomes()]

    assert Counter(wanted.keys()) == Counter(job_id for job_id, _ in ended)
    assert forced_or_parked(ended) <= forced_or_parked(wanted.items())
    assert ([[], [], []], []) == (left, runner.errors)


def forced_or_parked(ends: Iterable[tuple[str, str]]) -> set[str]:
    """Return the jobs that ended badly."""
    return {job for job, end in ends if end.startswith(("force_closed", "parked"))}
