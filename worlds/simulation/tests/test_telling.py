"""A schedule is told so that a person can follow it (U10)."""

import re
from collections import Counter
from datetime import timedelta
from functools import cache
from io import StringIO
from random import Random
from typing import get_args

import pytest
from rich.console import Console

from simulation import history as events
from simulation.checker import check
from simulation.faults import Faults, in_words, windows
from simulation.findings import Findings
from simulation.history import History, Key, Lived, Moved, Rang, Said, Told
from simulation.schedule import START, Schedule, run
from simulation.seeds import JOBS
from simulation.tale import Tale
from simulation.telling.lines import clock
from simulation.telling.opening import RATES
from simulation.telling.others import LIVED
from simulation.telling.page import Page
from simulation.telling.story import story

CLOCK = re.compile(r"( [ \d]?\dh \d\dm \d\ds| *\d+[dhms] before)  ")


@cache
def ran(seed: int = 18) -> tuple[Schedule, History, Findings]:
    """Return a schedule, what it left behind, and what that shows."""
    schedule = Schedule(seed, JOBS)
    history = run(schedule)
    return schedule, history, check(history)


def told(job: str = "", width: int = 0, seed: int = 18) -> str:
    """Return what is printed of a seed, in a pipe or on a terminal of a width."""
    schedule, history, findings = ran(seed)
    page = Page(console(width), history, job)
    page.whole(schedule, findings)
    return printed(page)


def console(width: int = 0) -> Console:
    """Return a console that keeps what it prints."""
    output = StringIO()
    if not width:
        return Console(file=output, soft_wrap=True, width=190, highlight=False)
    return Console(
        file=output, force_terminal=True, width=width, no_color=True, highlight=False
    )


def printed(page: Page) -> str:
    """Return what was printed, without what makes it bold."""
    output = page.console.file
    assert isinstance(output, StringIO)
    return re.sub("\x1b\\[[0-9;]*m", "", output.getvalue())


def part(text: str, title: str) -> list[str]:
    """Return the lines under a title, up to the next one."""
    after = text.split(f"\n{title}\n\n")[1]
    return [line for line in re.split(r"\n\n(?=[A-Z])", after)[0].splitlines() if line]


def texts(tale: Tale, job: str = "") -> list[str]:
    """Return what a tale tells, each line with who does it."""
    return [f"{line.who} {line.text}" for line in story(tale.history(), job)]


@pytest.mark.slow
def test_the_beginning_says_what_there_is() -> None:
    """All jobs are counted; each request, each rate and the settings are told (U10)."""
    lines = part(told(), "The beginning")
    text = "\n".join(lines)
    kinds = [line for line in lines if re.match(r" {12} *\d+ \w", line)]

    assert "Elasticsearch 8.9.0 with 300 jobs" in text
    assert JOBS == sum(int(line.split()[0]) for line in kinds)
    assert "settings  the defaults" in text
    assert "0h 14m 56s  9 requests of a person, ask-1 to ask-9" in text
    assert "2.0% of the invocations die before they answer" in text


@pytest.mark.slow
def test_events_are_told_in_the_order_of_time() -> None:
    """Each line begins with its time, as wide as all others, and none is earlier."""
    lines = part(told(), "What happened")[1:]
    times = [CLOCK.match(line) for line in lines]
    assert all(times), lines
    shown = [time[1] for time in times if time]

    assert shown == sorted(shown)
    assert {11} == {len(time) for time in shown}


@pytest.mark.slow
def test_no_line_speaks_of_our_classes() -> None:
    """It is told in words, not by the names that events have in the code (U10)."""
    names = {kind.__name__ for kind in get_args(events.Event)}
    words = set(re.findall(r"\w+", told() + told("job-023") + told(seed=3)))

    assert set() == words & names
    assert set() == words & {"watch", "wish", "orphan", "x7"}


@pytest.mark.slow
def test_each_end_is_told() -> None:
    """The ends of all requests sum up to what the check counted."""
    counts: Counter[str] = Counter()
    for line in part(told(), "How each request for a job ended"):
        _, number, ended = line.split()[:3]
        counts[ended.rstrip(":")] += int(number)
    found = ran()[2].counts

    assert counts == {ended: found[ended] for ended in counts}
    assert {"closed", "force_closed", "skipped", "parked"} == set(counts)


@pytest.mark.slow
def test_the_tale_is_short_enough_to_be_read() -> None:
    """Repeats are summed up: two thousand events are some hundred lines (U10)."""
    assert len(ran()[1].events) > 2_000
    assert len(told().splitlines()) < 300


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 200])
def test_it_fits_a_terminal(width: int) -> None:
    """No line is longer, no id is folded, and nothing is left out (U10)."""
    lines = told(width=width).splitlines()

    assert [line for line in lines if len(line) > width] == []
    assert "\n".join(lines).split() == told().split()


@pytest.mark.slow
def test_one_job_has_its_own_story() -> None:
    """It begins before the schedule, names no other job, and gives the details."""
    text = told("job-023")
    lines = part(text, "What happened")

    assert {"job-023"} == set(re.findall(r"job-\d{3}", text.split("What happened")[1]))
    assert "60d before  owner       job-023 is created" in lines[1]
    assert re.search(r"hands over to ForceQueue: \w+ \(ask-8\)$", text, re.MULTILINE)
    assert "ask-8          force_closed: datafeed_would_not_stop\n" in text
    assert "at the end, job-023 is closed" in text


def test_repeats_are_one_line() -> None:
    """Looks that find the same, one after the other, are summed up (U10)."""
    tale = Tale().sweep()
    for minute in (1, 2, 3, 20):
        number = tale.begin(60 * minute, "Closer", "CloseQueue")
        why = "throttled" if minute == 20 else "still_closing"
        said = {"key": Key("r", "a"), "what": "waits", "why": why, "seconds": 60}
        tale.add(Said, 60 * minute + 1, invocation=number, **said)
        tale.finish(60 * minute + 2, number)

    assert [
        "Closer waits, and looks 3 times until 0h 03m 00s: still_closing (r)",
        "Closer waits: throttled (r)",
    ] == [text for text in texts(tale) if text.startswith("Closer")]


def test_what_many_jobs_have_in_common_is_one_line() -> None:
    """What an invocation does to several jobs names them all, and a story its own."""
    tale = Tale(expression="*", jobs=("a", "b"))
    tale.lived(-9, "created", "b")
    number = tale.begin(0, "Sweeper", "RequestQueue", Key("r", "*"))
    for job in "ba":
        tale.send(1, number, key=Key("r", job))
    tale.finish(2, number)
    sent = [line for line in story(tale.history()) if line.who == "Sweeper"]
    own = [line for line in story(tale.history(), "b") if line.who == "Sweeper"]

    assert [{"a", "b"}] == [set(line.jobs) for line in sent]
    assert [("b",)] == [line.jobs for line in own]


def test_faults_are_told_as_they_strike() -> None:
    """Deaths, SQS's own doings and alarms have their lines."""
    tale = Tale().sweep().spoil(3)
    number = tale.begin(10, "Closer", "CloseQueue")
    tale.finish(11, number, "died")
    target = {"source": "CloseQueue", "target": "ForceQueue"}
    tale.add(Moved, 20, message_id="m", key=Key("r", "a"), **target)
    tale.add(Rang, 11, invocation=number, metric="ClusterRefused")

    assert {
        "SQS delivers the message twice (r)",
        "SQS moves it to ForceQueue: it was received too often (r)",
        "Closer dies, and is run again later (r)",
        "Closer counts ClusterRefused, for which an alarm rings",
    } <= set(texts(tale, "a"))


def test_a_job_that_nobody_asked_for_is_left_out() -> None:
    """Its life is in its own story only."""
    tale = Tale().sweep().close()
    tale.lived(5, "data", "other")

    assert "owner gets data" not in texts(tale)
    assert "owner gets data" in texts(tale, "other")


def test_a_problem_comes_with_its_story() -> None:
    """What was promised and is not kept is told in words, with all about its job."""
    tale = Tale(force=True).sweep()
    history = tale.history(a="opened")
    page = Page(console(), history)
    page.problems(check(history))
    text = printed(page)

    assert "lost: the request for a is in no queue any more" in text
    assert "(I1: no outcome, a false or a second one)" in text
    assert "The story of a\n" in text
    assert "a       asks for a close, with force (r)" in text
    assert "at the end, a is opened" in text


def test_an_outcome_has_its_detail_where_there_is_room() -> None:
    """A whole schedule gives the details of what is parked, a story all of them."""
    tale = Tale().sweep()
    number = tale.begin(10, "Closer", "CloseQueue")
    outcome = {"ended": "skipped", "reason": "active", "detail": "quiet for 3h"}
    tale.add(Told, 11, invocation=number, key=Key("r", "a"), **outcome)

    assert "Closer skipped: active (r)" in texts(tale)
    assert "Closer skipped: active, quiet for 3h (r)" in texts(tale, "a")


def test_everything_has_words() -> None:
    """What may happen to a job, and each rate of a fault, can be told."""
    lives = set(re.findall(r"`(\w+)`", Lived.__doc__ or ""))
    of_schedules = {"windows", "people", "silent_nodes", "other_rules"}
    of_schedules |= {"mass_events", "notices"}

    assert lives == LIVED.keys()
    assert set(Faults.__dataclass_fields__) == RATES.keys() | of_schedules


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0h 00m 00s"),
        (7_513.9, "2h 05m 13s"),
        (259_199, "71h 59m 59s"),
        (-90, "1m before"),
        (-5_184_000, "60d before"),
    ],
)
def test_a_time_is_told_from_the_beginning(seconds: float, shown: str) -> None:
    """Hours, minutes and seconds have their places."""
    assert shown == clock(timedelta(seconds=seconds))


def test_each_window_has_words() -> None:
    """Who answers what to whom, for all that may stand before a cluster."""
    drawn = {
        in_words(fault)
        for seed in range(20)
        for source in [Random(seed)]  # noqa: S311 - a seed is no secret
        for fault in windows(source, START, timedelta(hours=2), 1)
    }

    assert drawn == {
        "refuses every connection",
        "answers 429 to every call",
        "answers 403 to each close",
        "a proxy answers 404 to every call",
        "a proxy answers 409 to each close",
        "a proxy answers 502 to each close",
        "a proxy answers 504 to a close that takes over 1m",
    }
