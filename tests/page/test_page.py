"""The page of a report: what it says, that it is safe, and how large it gets."""

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, ago, idle_job
from idle_jobs_cli.page import render
from idle_jobs_cli.page.content import Content, Kind, Step
from idle_jobs_cli.page.render import MARK, MOST_SHOWN, MOST_TRACKS, page_of
from page.reports import GB, closing, content, many, plan_of

HERE = Path(render.__file__).parent
STYLE, SCRIPT = (
    (HERE / f"page.{name}").read_text(encoding="utf-8") for name in ("css", "js")
)
PAST: dict[str, Any] = {
    "since": ago(days=30),
    "potential": [(NOW, 2 * GB)],
    "saved": [(ago(days=2), GB), (ago(days=1), 3 * GB), (NOW, 3 * GB)],
    "saved_hours": 96.04,
}
VOID = {"link", "meta", "input", "rect", "path", "line", "circle", "use"}


class Read(HTMLParser):
    """The elements and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        """Return what is read, with single blanks."""
        return " ".join(" ".join(self.texts).split())


def page(shown: Content) -> Read:
    """Return a report as a browser reads it."""
    return Read(page_of(shown, NOW))


def test_a_plan_alone_says_so() -> None:
    """Nothing of the past is made up."""
    read = page(content())

    assert "A plan says nothing of the past." in read.text
    assert "Each closing through the queues" not in read.text
    assert "512 MB of ML memory is held by idle jobs" in read.text
    assert "1 job is not closed: 1 close" in read.text
    assert "Settings" not in read.text


def test_a_stack_without_closings_says_so() -> None:
    """The chart has its axis all the same."""
    past = PAST | {"saved": [(ago(days=30), 0), (NOW, 0)], "saved_hours": 0}
    read = page(content(closings=[], **past))

    assert "0 closings since 2026-10-24 12:00" in read.text
    assert "Nothing was closed since 2026-10-24 12:00 UTC." in read.text
    assert "0 of ML memory is saved by jobs" in read.text
    assert "GB-hours" not in read.text


def test_what_was_saved_is_summed_up() -> None:
    """In GB-hours, and as the last point of its line."""
    read = page(content(closings=[closing()], **PAST))

    assert "3.0 GB of ML memory is saved by jobs that were closed" in read.text
    assert "; 96.0 GB-hours since 2026-10-24 12:00" in read.text
    assert "Potential ends at 2.0 GB. Saved ends at 3.0 GB." in read.text


def test_a_moment_has_no_chart_over_time() -> None:
    """A ledger may be asked for the last second."""
    read = page(content(closings=[], since=NOW, potential=[(NOW, 1)], saved=[]))

    assert "over time" not in read.text
    assert "Nothing was closed" in read.text


def test_each_closing_says_how_it_went() -> None:
    """Who closed it, if that was not the stack; what came again is counted."""
    steps = [
        Step(NOW, Kind.REQUESTED, "requested by ann"),
        *[Step(NOW + timedelta(minutes=n), Kind.LOOKED, "looked") for n in (1, 2, 3)],
        Step(NOW + timedelta(minutes=4), Kind.ENDED, "closed: requested"),
    ]
    read = page(
        content(
            closings=[
                closing(*steps, job_id="slow", closed_by="us", memory_bytes=GB),
                closing(job_id="other", closed_by="autoclose", ended="force_closed"),
                closing(job_id="nobody", closed_by="unknown", asked_by="ann"),
                closing(job_id="stuck", ended="parked", reason="request_expired"),
            ],
            **PAST,
        )
    )

    assert "3 closings since" in read.text
    assert "slow closed after 4m: requested" in read.text
    told = "+0s requested by ann; +1m looked, 3 times; +4m closed: requested."
    assert f"The way of slow {told}" in read.text
    assert "other forced after 1m, by autoclose: requested" in read.text
    assert "nobody closed after 1m, by whom unknown: requested" in read.text
    assert "stuck parked after 1m: request_expired" in read.text


def test_only_what_is_drawn_is_explained() -> None:
    """The ledger knows of no queue, and of no look."""
    steps = [
        Step(NOW, Kind.REQUESTED, "requested by ann"),
        Step(NOW, Kind.POSTED, "close call: closed", "CloseQueue"),
        Step(NOW, Kind.ENDED, "closed", "CloseQueue"),
    ]
    of_a_ledger = page(content(closings=[closing()], **PAST)).text
    of_a_log = page(content(closings=[closing(*steps)], **PAST)).text

    assert "can be seen. queue not known end 0 1m 10m" in of_a_ledger
    assert "only the first is drawn. CloseQueue close call end 0 1m" in of_a_log


def test_of_many_closings_the_newest_are_drawn() -> None:
    """And all of them are in the table."""
    count = MOST_TRACKS + 5
    many_closings = [
        closing(
            Step(ago(hours=n), Kind.REQUESTED, "requested by the schedule"),
            Step(ago(hours=n), Kind.ENDED, "closed"),
            job_id=f"job-{n:02}",
        )
        for n in range(count)
    ]
    read = page(content(closings=many_closings, **PAST))

    assert f"the newest {MOST_TRACKS} of {count}." in read.text
    assert f"The way of job-{MOST_TRACKS - 1:02}" in read.text
    assert f"The way of job-{MOST_TRACKS:02}" not in read.text
    assert f"job-{count - 1:02}" in read.text
    assert f"All {count} as a table" in read.text


def test_what_has_no_effect_is_told() -> None:
    """The settings, too, as `idle-jobs plan` tells them."""
    plan = plan_of(idle_job()) | {
        "ignored": ["prod-*: matches no job"],
        "halts": ["6 jobs became idle at once"],
        "settings": {"IDLE_AFTER": "4d", "DRY_AFTER": "20d"},
    }
    read = page(content(plan))

    assert "To look at 6 jobs became idle at once prod-*: matches no job" in read.text
    assert "IDLE_AFTER=4d, DRY_AFTER=20d; all others by default" in read.text


def test_a_cluster_without_open_jobs() -> None:
    """There is nothing to draw, and nothing fails."""
    read = page(content(plan_of()))

    assert "0 jobs are not closed" in read.text
    assert "No open job holds ML memory." in read.text


# What a person may write into a job, a request or a saved plan.
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e\x07"


def hostile() -> Content:
    """Return a report in which every text from outside is hostile."""
    plan = plan_of(idle_job())
    (job,) = plan["jobs"]
    texts = {name: HOSTILE for name, value in job.items() if value != [] and name}
    entry = {**texts, "memory_bytes": 7, "groups": [HOSTILE]}
    plan |= {
        "jobs": [entry, {**entry, "state": "opened"}],
        "cluster": dict.fromkeys(("url", "name", "version", "asked_as"), HOSTILE),
        "settings": {HOSTILE: HOSTILE},
        "halts": [HOSTILE],
        "ignored": [HOSTILE],
    }
    step = Step(NOW, Kind.POSTED, HOSTILE, HOSTILE)
    own = dict.fromkeys(("job_id", "ended", "reason", "asked_by", "closed_by"), HOSTILE)
    way = closing(step, step, now=HOSTILE, **own)
    told = {"title": HOSTILE, "source": HOSTILE}
    return content(plan, closings=[way], **told, **PAST)


def test_no_text_of_the_cluster_becomes_an_element() -> None:
    """It is shown as it is, without what nobody can see."""
    plain_plan = plan_of(idle_job()) | {"ignored": ["a glob"]}
    plain = page(content(plain_plan, closings=[closing()], **PAST))
    read = page(hostile())
    kinds = {name for name, _ in plain.elements}

    assert {name for name, _ in read.elements} <= kinds
    assert len(read.all("script")) == 1
    assert read.text.count("<script>alert(1)</script>") > 20
    assert not re.search("[\x00-\x08\u202a-\u202e]", page_of(hostile(), NOW))
    assert not [
        a for _, attributes in read.elements for a in attributes if "on" == a[:2]
    ]


def test_nothing_may_run_or_load_but_its_own() -> None:
    """The page names the hashes of its style and of its script, and no address."""
    text = page_of(hostile(), NOW)
    read = Read(text)
    (policy,) = (
        attributes["content"] or ""
        for attributes in read.all("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )

    def hashed(part: str) -> str:
        return f"sha256-{b64encode(sha256(part.encode()).digest()).decode()}"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src '{hashed(STYLE)}'",
        f"script-src '{hashed(SCRIPT)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    for element, own in (("style", STYLE), ("script", SCRIPT)):
        assert text.count(f"<{element}>{own}</{element}>") == 1
        assert f"</{element}" not in own
    links = [a.get("href") for name in ("a", "link", "use") for a in read.all(name)]
    assert {link for link in links if link and link[0] != "#"} == {"data:,"}
    assert not any(a.get("src") or a.get("style") for _, a in read.elements)
    assert not re.search(r"url\((?!#)|@import|fetch\(|XMLHttp|https?:", STYLE + SCRIPT)


def test_what_a_reader_needs_is_there() -> None:
    """Landmarks, a language, headings in order, and names for tables and pictures."""
    read = page(content(closings=[closing()], **PAST))
    names = [name for name, _ in read.elements]
    ids = [a["id"] for _, a in read.elements if "id" in a]
    named = [a.get("aria-labelledby") or "" for _, a in read.elements]
    levels = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]

    assert [{"lang": "en"}] == read.all("html")
    assert {"header", "main", "footer", "h1"} <= {*names}
    assert names.count("table") == names.count("caption") == 4
    assert all(a.get("scope") in ("col", "row") for a in read.all("th"))
    assert len(ids) == len({*ids})
    assert {part for name in named for part in name.split()} <= {*ids}
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    pictures = [a for a in read.all("svg") if a.get("role") == "img"]
    assert len(pictures) == 3
    assert all(len((a["aria-labelledby"] or "").split()) == 2 for a in pictures)
    assert {"search", "verdict"} == {a["for"] for a in read.all("label")}


def test_its_elements_are_closed() -> None:
    """Cells alone are not: HTML does not ask for it, and there are many."""
    text = page_of(content(closings=[closing()], **PAST), NOW)
    opened = Read(text).elements

    for name in {name for name, _ in opened} - VOID - {"td"}:
        assert text.count(f"</{name}>") == sum(n == name for n, _ in opened), name


def test_a_later_report_knows_it() -> None:
    """By a mark at its beginning."""
    assert MARK in page_of(hostile(), NOW)[:2_000]


@pytest.mark.slow
def test_ten_thousand_jobs_are_less_than_5_mb() -> None:
    """All of them are in the page, and the first are shown at once."""
    text = page_of(content(many(10_000)), NOW)

    assert len(text.encode()) < 5_000_000
    assert text.count('<tr><th scope="row">high-latency') == 10_000
    first, _, rest = text.partition('<tbody class="rest">')
    assert first.count("high-latency") == MOST_SHOWN
    assert rest.count("high-latency") == 10_000 - MOST_SHOWN


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


COLOURS = [
    dict(re.findall(r"--(\w+): (#\w{6});", p)) for p in STYLE.split("@media")[:2]
]
LETTERS = ("text", "muted", "link")
SHAPES = ("potential", "saved", "force", "close", "other", "mark")


@pytest.mark.parametrize("colours", COLOURS, ids=["light", "dark"])
def test_its_colours_have_contrast(colours: dict[str, str]) -> None:
    """Letters 4.5, shapes 3, on each ground that they stand on (WCAG 2.2, AA)."""
    grounds = (colours["ground"], colours["raised"])

    assert {*LETTERS, *SHAPES, "ground", "raised", "rule"} == colours.keys()
    for ground in grounds:
        assert {n for n in LETTERS if contrast(colours[n], ground) < 4.5} == set()
        assert {n for n in SHAPES if contrast(colours[n], ground) < 3} == set()
