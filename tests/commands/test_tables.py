"""Tables fit: no id is folded or cut, and a pipe gets everything (U2)."""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from commands.terminal import run
from idle_jobs_cli.output.tables import Column, Row, show
from local.scenario import ROWS, build
from standin.cluster import Cluster, serve

COLOURS = re.compile(r"\x1b\[[\d;]*m")
LIST = (
    Column("job"),
    Column("state", drop=1),
    Column("reason"),
    Column("memory", drop=2, right=True),
    Column("detail", drop=3, cut=True),
)
LONG = "a-name-as-long-as-elasticsearch-lets-the-id-of-a-job-be-which-64"
JOBS = [
    ("web", "opened", "active", "512 MB", "quiet for 14m, idle after 2d"),
    ("old-payments", "closing", "closing", "4.0 GB", "somebody is closing it"),
]
TEXTS = (Column("input"), Column("value", wraps=True), Column("from", drop=1))
INPUTS = [
    ("state", "opened", "stats: state"),
    ("explanation", f"waits for {LONG} since noon", "stats"),
]


def shown(
    width: int, columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> list[str]:
    """Return the lines of a table on a terminal of this width, or in a pipe (0)."""
    file = io.StringIO()
    console = Console(
        file=file, width=width or 2000, soft_wrap=not width, highlight=False
    )
    show(console, columns, map(Row, rows))
    return file.getvalue().splitlines()


def test_what_fits_is_shown_whole() -> None:
    """A line for each row, without blanks at their ends."""
    assert shown(200, LIST, JOBS) == [
        "job           state    reason   memory  detail",
        "web           opened   active   512 MB  quiet for 14m, idle after 2d",
        "old-payments  closing  closing  4.0 GB  somebody is closing it",
    ]


NARROWER = {
    68: "web           opened   active   512 MB  quiet for 14m, idle after 2d",
    60: "web           opened   active   512 MB  quiet for 14m, idle…",
    50: "web           active   512 MB  quiet for 14m, idl…",
    36: "web           active   quiet for 14…",
    24: "web           active",
}


@pytest.mark.parametrize(("width", "first"), NARROWER.items())
def test_a_narrow_terminal_gets_less_of_each_row(width: int, first: str) -> None:
    """What may be cut is cut, and then columns are dropped in their turns (U2)."""
    lines = shown(width, LIST, JOBS)

    assert 1 + len(JOBS) == len(lines)
    assert lines[1] == first[:width].rstrip()


def test_a_terminal_that_is_too_narrow_gets_blocks() -> None:
    """The id stands by itself, whole, and the rest below it in one line (U2)."""
    rows = [(LONG, *JOBS[0][1:]), JOBS[1]]
    assert shown(60, LIST, rows) == [
        LONG,
        "  opened  active  512 MB  quiet for 14m, idle after 2d",
        "old-payments",
        "  closing  closing  4.0 GB  somebody is closing it",
    ]
    assert shown(30, LIST, rows)[1] == "  opened  active  512 MB  qui…"


def test_a_text_wraps_between_its_words() -> None:
    """An id within a text is not folded either (U2)."""
    assert shown(80, TEXTS, INPUTS) == [
        "input        value",
        "state        opened",
        "explanation  waits for",
        f"             {LONG}",
        "             since noon",
    ]
    assert shown(60, TEXTS, INPUTS)[-4:] == [
        "  waits for",
        f"  {LONG}",
        "  since noon",
        "  stats",
    ]


def test_two_texts_share_the_width() -> None:
    """Neither takes all that there is."""
    both = (Column("a", wraps=True), Column("b", wraps=True))
    lines = shown(40, both, [("word " * 20, "other " * 20), ("one", "two")])

    assert max(map(len, lines)) <= 40
    assert lines[1] == "word word word word  other other other"


def test_a_pipe_gets_everything() -> None:
    """In one line, however long (U2)."""
    told = "so " * 2000
    _, line = shown(0, LIST, [(LONG, "opened", "active", "512 MB", told)])

    assert line == f"{LONG}  opened  active  512 MB  {told.rstrip()}"


def test_wide_letters_count_twice() -> None:
    """A terminal shows them in two columns."""
    rows = [("web", "opened", "active", "1 MB", "節点" * 20), JOBS[1]]
    lines = shown(60, LIST, rows)

    assert max(map(cell_len, lines)) <= 60
    assert lines[1].endswith(" 節点節点節点節点節…")
    assert shown(0, LIST, rows)[1].endswith("節点" * 20)


def test_controls_are_no_text() -> None:
    """What a terminal would obey is left out."""
    _, line = shown(80, LIST, [("web", "a\nb", "\x1b[2Jc", "\t", "\u202e[red]d[/red]")])

    assert line == "web  a b    [2Jc            [red]d[/red]"


def test_a_table_of_nothing_is_nothing() -> None:
    """No heading without rows."""
    assert [] == shown(80, LIST, [])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Yield the URL of the scenario's cluster."""
    with serve(build(now=datetime.now(UTC))) as url:
        yield url


def on_terminal(width: int, *argv: str, **environ: str) -> list[str]:
    """Return the lines of a command on a terminal, without its colours."""
    done = run(*argv, out=width, environ=environ)
    assert (0, "") == (done.code, done.err)
    return COLOURS.sub("", done.out).splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_plan_fits_its_terminal(width: int, url: str) -> None:
    """A line for each job, which begins with its id; none is too long (U2)."""
    lines = on_terminal(width, "plan", "--url", url)
    first = [line.split(maxsplit=1)[0] for line in lines]
    closed = {"keep already_closed", "watch closing"}
    ids = {row.job_id for row in ROWS if row.verdict not in closed}

    assert max(map(cell_len, lines)) <= width
    assert ids == {word for word in first if word in ids}
    assert len(ids) == sum(word in ids for word in first)


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("job_id", ["lost-node", "search-volume", "typo-settings"])
def test_an_explanation_fits_its_terminal(width: int, job_id: str, url: str) -> None:
    """No name of an input, a field or a setting is folded or cut (U2)."""
    lines = on_terminal(width, "explain", job_id, "--url", url)
    words = {word for line in lines for word in line.split()}

    assert max(map(cell_len, lines)) <= width
    assert {"datafeed.real_time_running", "CLOSE_JOBS_WITHOUT_DATAFEED"} <= words
    assert f"datafeed-{job_id}" in words
    assert not any("…" in line for line in lines)


@pytest.mark.slow
def test_the_longest_ids_fit_in_blocks() -> None:
    """Two lines for each job, of which the first is its id (U2)."""
    cluster, ids = Cluster(), [f"{LONG[:-1]}{n}" for n in range(9)]
    for job_id in ids:
        cluster.add_job(job_id, now=datetime.now(UTC), state="opened")
    with serve(cluster) as url:
        lines = on_terminal(80, "plan", "--url", url)

    begin = lines.index(ids[0])
    assert lines[begin : begin + 18 : 2] == ids
    assert max(map(cell_len, lines)) <= 80


PLAIN = {
    "NO_COLOR": ({"NO_COLOR": "1"}, r"\x1b\[[\d;]*3\dm"),
    "TERM=dumb": ({"TERM": "dumb"}, r"\x1b"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("environ", "unwanted"), PLAIN.values(), ids=PLAIN)
def test_colours_are_left_out(environ: dict[str, str], unwanted: str, url: str) -> None:
    """NO_COLOR has no colours, and a dumb terminal no escapes at all (U2)."""
    coloured = run("plan", "--url", url, out=80).out
    plain = run("plan", "--url", url, out=80, environ=environ).out

    assert re.search(r"\x1b\[32msearch-volume", coloured)
    assert not re.search(unwanted, plain)


@pytest.mark.slow
def test_a_pipe_has_no_colours(url: str) -> None:
    """Also when errors go to a terminal (U2)."""
    done = run("plan", "--url", url, err=80)

    assert "\x1b" not in done.out
    assert re.search("\nsearch-volume +opened +close .* datafeed stopped\n", done.out)
