"""Writes a report as one HTML page, which asks for nothing from anywhere.

Each text is cleaned, and Jinja2 escapes it. Style and script are files of our own; the
page names their hashes, and a browser then runs no other script.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idle_jobs.sizes import spoken_bytes
from idle_jobs.times import moment, spoken
from idle_jobs_cli import __version__
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.page.charts import bars, idle_memory, over_time, track
from idle_jobs_cli.page.content import Content
from idle_jobs_cli.page.rows import (
    by_whom,
    how,
    job_rows,
    steps_in_words,
    time_of,
)
from idle_jobs_cli.page.scales import SpanScale

HERE = Path(__file__).parent
# By it a later report knows that it may take the place of a page.
MARK = '<meta name="generator" content="idle-jobs report">'
# Of more closings than these, the table has all, and the chart the newest.
MOST_TRACKS = 40
# Of more jobs than these, the script shows the rest when a person asks for it.
MOST_SHOWN = 200


def page_of(content: Content, made_at: datetime) -> str:
    """Return a report as a page."""
    return (
        _environment()
        .get_template("page.html")
        .render(**_files(), **_shown(content), content=content, made_at=made_at)
    )


def _shown(content: Content) -> Mapping[str, Any]:
    """Return what the page shows, beside the content itself."""
    plan = content.plan
    closings = sorted(content.closings or (), key=lambda c: c.over, reverse=True)
    newest = closings[:MOST_TRACKS]
    scale = SpanScale.over([closing.took for closing in newest])
    entries = plan["jobs"]
    tracks = [track(closing, scale) for closing in newest]
    parts = [{s.queue for s in t.stretches} | {m.kind for m in t.marks} for t in tracks]
    return {
        "cluster": plan["cluster"],
        "settings": plan["settings"],
        "notes": [*plan["halts"], *plan["ignored"]],
        "planned_at": moment(plan["planned_at"]),
        "jobs": job_rows(entries),
        "most_shown": MOST_SHOWN,
        "actions": Counter(entry["action"] for entry in entries),
        "bars": bars(entries),
        "idle": idle_memory(entries),
        "chart": over_time({"potential": content.potential, "saved": content.saved}),
        "saved": content.saved[-1][1] if content.saved else None,
        "closings": closings,
        "tracks_shown": tracks,
        "drawn": set[str]().union(*parts),
        "spans": scale.ticks(),
    }


@cache
def _files() -> Mapping[str, str]:
    """Return style and script, and what a browser has to compare them with."""
    texts = {
        name: (HERE / f"page.{name}").read_text(encoding="utf-8")
        for name in ("css", "js")
    }
    # The template inserts them as they are: they do not end their own elements.
    hashes = {f"{name}_hash": _hash(text) for name, text in texts.items()}
    return {**texts, **hashes, "mark": MARK, "version": __version__}


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _clean(value: object) -> object:
    """Return a text without what nobody can see; `safe` ones are our own."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return one_line(value)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        finalize=_clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bytes": spoken_bytes,
        "by": by_whom,
        "how": how,
        "span": spoken,
        "steps": steps_in_words,
        "time": time_of,
    }
    return environment
