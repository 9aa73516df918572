"""The report in a real browser: what is shown, searched and printed, on each screen."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser.chromium import WIDTHS, Browser, Page, browser, find, opened
from builders import NOW, ago, idle_job
from idle_jobs_cli.page.render import MOST_SHOWN, page_of
from page.reports import GB, closing, content, many, plan_of
from page.test_page import PAST, hostile

pytestmark = pytest.mark.slow

BUSY = {"last_data": ago(minutes=1)}
JOBS = plan_of(
    idle_job(job_id="web-latency", memory_bytes=2 * GB, groups=("shop", "web")),
    idle_job(job_id="night-batch", memory_bytes=512 * 1024**2),
    idle_job(job_id="api-errors", memory_bytes=12 * GB, **BUSY),
)
SHOWN = """Array.from(document.querySelectorAll('#jobs tbody tr'))
    .filter((row) => row.offsetHeight).map((row) => row.cells[0].textContent.trim())"""
COUNT = "document.getElementById('count').textContent"
FOCUS = "document.activeElement.id || document.activeElement.textContent.trim()"
COLUMNS = ["Job", "Verdict", "Reason", "Memory", "Owner", "Groups", "Detail"]
SCREENS = [(width, dark) for width in WIDTHS.values() for dark in (False, True)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield a browser; without one, say how to have it."""
    program = find()
    if not program:
        pytest.skip("no Chromium here: apt-get install chromium, or put it on PATH")
    with browser(program) as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a report, with a past."""
    shown = content(JOBS, closings=[closing(job_id="old")], **PAST)
    return written(tmp_path_factory.mktemp("page") / "report.html", page_of(shown, NOW))


def written(file: Path, text: str) -> str:
    """Write a page; return its address."""
    file.write_text(text, encoding="utf-8")
    return file.as_uri()


def only_itself(page: Page) -> None:
    """Fail if the page asked for anything but itself, or wrote into the console."""
    (address,) = page.requests
    assert address.startswith("file:///")
    assert page.complaints == []


@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_it_fits_and_asks_for_nothing(
    width: int, dark: bool, chromium: Browser, report: str
) -> None:
    """On a phone and on a desktop, dark and light, no row or chart is wider."""
    with opened(chromium, report, width=width, dark=dark) as page:
        ground = page.tell("getComputedStyle(document.body).backgroundColor")

        assert page.tell("document.documentElement.scrollWidth") <= width
        assert (ground == "rgb(18, 22, 28)") == dark
        assert page.tell(SHOWN) == ["night-batch", "web-latency", "api-errors"]
        assert page.tell(COUNT) == "3 jobs"
        only_itself(page)


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_it_is_searched_by_typing(width: int, chromium: Browser, report: str) -> None:
    """All words have to fit, in whichever column; a verdict is chosen beside."""
    with opened(chromium, report, width=width) as page:
        page.tell("document.getElementById('search').focus()")
        for text, count, jobs in (
            ("SHOP idle_", "1 of 3 jobs", ["web-latency"]),
            (" nothing", "0 of 3 jobs", []),
        ):
            page.write(text)
            page.wait(f"{COUNT} === '{count}'")
            assert page.tell(SHOWN) == jobs
        page.tell("document.getElementById('search').value = ''")
        page.tell("document.getElementById('verdict').value = 'keep'")
        page.tell(
            "document.getElementById('verdict').dispatchEvent(new Event('change'))"
        )

        assert page.tell(SHOWN) == ["api-errors"]
        only_itself(page)


def test_it_is_sorted_with_the_keyboard(chromium: Browser, report: str) -> None:
    """By memory, the largest first, and then the smallest; the focus stays."""
    with opened(chromium, report) as page:
        seen = []
        while page.tell(FOCUS) != "Memory":
            page.press("Tab")
            seen.append(page.tell(FOCUS))
        page.press("Enter")
        largest = page.tell(SHOWN)
        page.press("Enter")

        assert seen[0] == "Skip to the table of jobs"
        assert seen[-6:] == ["search", "verdict", "Job", "Verdict", "Reason", "Memory"]
        assert largest == ["api-errors", "web-latency", "night-batch"]
        assert page.tell(SHOWN) == largest[::-1]
        assert page.tell(FOCUS) == "Memory"
        ordered = "document.querySelector('[aria-sort]').getAttribute('aria-sort')"
        assert page.tell(ordered) == "ascending"
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.tell(outline) == "solid"


def test_the_first_key_leads_to_the_table(chromium: Browser, report: str) -> None:
    """Who uses a keyboard need not pass the charts."""
    with opened(chromium, report) as page:
        page.press("Tab")
        page.press("Enter")
        page.wait("document.activeElement.id === 'jobs-heading'")
        page.press("Tab")

        assert page.tell(FOCUS) == "search"


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_screen_reader_hears_a_table(
    width: int, chromium: Browser, report: str
) -> None:
    """Also on a phone, which shows cards; the charts have names and descriptions."""
    with opened(chromium, report, width=width) as page:
        page.do("Accessibility.enable")
        nodes = page.do("Accessibility.getFullAXTree")["nodes"]
        heard = [node for node in nodes if not node["ignored"]]

        def named(role: str) -> list[str]:
            return [
                node.get("name", {}).get("value", "")
                for node in heard
                if node["role"]["value"] == role
            ]

        assert "What a sweep would do with each job, and why" in named("table")
        assert named("columnheader") == COLUMNS
        assert ["night-batch", "web-latency", "api-errors"] == named("rowheader")
        assert len([*named("cell"), *named("gridcell")]) == 3 * 6
        assert {"banner", "main", "contentinfo", "search", "status"} <= {
            node["role"]["value"] for node in heard
        }
        assert all("table below has the numbers" in n for n in named("image")[:2])
        assert "The way of old" in named("image")[2]
        assert named("searchbox") == ["Search in all columns"]


def test_it_prints_each_job_and_no_controls(chromium: Browser, report: str) -> None:
    """In dark colours nobody could read it on paper."""
    with opened(chromium, report, dark=True) as page:
        dark = {"name": "prefers-color-scheme", "value": "dark"}
        page.do("Emulation.setEmulatedMedia", media="print", features=[dark])
        ground = page.tell("getComputedStyle(document.body).backgroundColor")

        assert ground == "rgb(255, 255, 255)"
        assert page.tell("document.querySelector('.controls').offsetHeight") == 0
        assert len(page.tell(SHOWN)) == 3


def test_no_text_runs(chromium: Browser, tmp_path: Path) -> None:
    """Whatever a job's owner, a request or a saved plan says."""
    url = written(tmp_path / "page.html", page_of(hostile(), NOW))
    with opened(chromium, url) as page:
        page.tell("document.getElementById('search').focus()")
        page.write("alert(1)")
        page.wait(f"{COUNT} === '2 jobs'")

        assert page.tell("document.scripts.length") == 1
        assert page.heard("Page.javascriptDialogOpening") == []
        only_itself(page)


def test_what_is_not_its_own_does_not_run(chromium: Browser, tmp_path: Path) -> None:
    """If a text became an element all the same, the browser would refuse it."""
    text = page_of(content(JOBS), NOW)
    more = (
        "<script>document.title = 'mine'</script><img src='https://elastic.example/'>"
    )
    url = written(tmp_path / "page.html", text.replace("<main>", f"<main>{more}"))
    with opened(chromium, url) as page:
        assert page.tell("document.title") == "Jobs"
        page.wait("document.querySelector('main img').complete")
        (failed,) = page.heard("Network.loadingFailed")

        assert failed["blockedReason"] == "csp"
        assert len(page.complaints) == 2


def test_ten_thousand_jobs(
    chromium: Browser, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """They are there at once, the first are shown, and all are searched and printed."""
    url = written(tmp_path / "page.html", page_of(content(many(10_000)), NOW))
    with opened(chromium, url) as page:
        record_property("seconds to open 10,000 jobs", round(page.seconds, 2))
        print(f"\n10,000 jobs opened in {page.seconds:.2f} s")
        told = f"10,000 jobs, the first {MOST_SHOWN} are shown"
        assert (page.tell(COUNT), len(page.tell(SHOWN))) == (told, MOST_SHOWN)

        page.tell("document.getElementById('search').focus()")
        page.write("service-0777")
        page.wait(f"{COUNT} === '10 of 10,000 jobs'")
        assert page.tell(SHOWN)[0] == "high-latency-of-the-payments-service-07770"
        page.write("5")
        page.wait(f"{COUNT} === '1 of 10,000 jobs'")
        page.tell("document.getElementById('search').select()")
        page.write("service-00")
        page.wait(f"{COUNT}.startsWith('1,000 of')")
        page.tell("document.getElementById('more').click()")
        assert len(page.tell(SHOWN)) == 1_000
        only_itself(page)


def test_a_machine_without_a_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails there."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    assert find() == ""
