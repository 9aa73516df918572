"""The text of a digest, with short lines for a telephone; pure.

SNS takes 256 KB. So each list ends after some lines with how many more there are.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from idle_jobs.messages.ledger_item import US
from idle_jobs.messages.terms import Mode
from idle_jobs.safe_text import printable
from idle_jobs.sizes import spoken_bytes
from idle_jobs.steps.digest import (
    Digest,
    Group,
    Swept,
    closed_groups,
    held_groups,
    left_groups,
    odd_groups,
    sent_groups,
)
from idle_jobs.steps.worth import spoken_saving
from idle_jobs.times import spoken

MOST_GROUPS, MOST_JOBS = 12, 8
LONGEST_DETAIL = 200
LONGEST_SUBJECT = 99

PLAN, HISTORY, PARKED = "idle-jobs plan", "idle-jobs history", "idle-jobs parked"

HOW_TO = """
TO KEEP A JOB OPEN
Its owner sets in its custom_settings:
  {"idle_closer": {"mode": "never"}}
or, for some time:
  {"idle_closer": {"keep_open_until":
    "2030-12-24T00:00:00Z"}}
You keep many jobs by their ids or groups
with KeepPatterns, a setting of the stack.

TO REOPEN A JOB
  POST _ml/anomaly_detectors/<id>/_open
and start its datafeed. Or let it be done:
  idle-jobs undo --job <id>"""


def subject_of(digest: Digest) -> str:
    """Return the subject: up to 99 characters of ASCII, since SNS takes no more."""
    told = [f"{len(digest.closed)} closed"]
    needed = digest.parked or 0
    if digest.swept:
        sent = _count(sent_groups(digest.swept.plan))
        would = "would be" if digest.mode is Mode.OBSERVE else "being closed"
        told += [f"{sent} {would}"] if sent else []
        needed += _count(odd_groups(digest.swept.verdicts))
    if needed:
        told += [f"{needed} need{'s' if needed == 1 else ''} you"]
    subject = f"Idle jobs, {digest.cluster}, {digest.mode}: {', '.join(told)}"
    return subject[:LONGEST_SUBJECT]


def text_of(digest: Digest) -> str:
    """Return the text of a digest."""
    lines = [*_head(digest)]
    lines += _section("CLOSED", closed_groups(digest.closed), HISTORY)
    lines += _of_whom(digest)
    if digest.swept:
        lines += _now(digest.mode, digest.swept)
    lines += ["", *_for_a_person(digest), HOW_TO, ""]
    return "\n".join(lines)


def _head(digest: Digest) -> Iterator[str]:
    yield f"Cluster: {digest.cluster}"
    yield f"Mode: {digest.mode}"
    yield f"From {_minute(digest.since)}"
    yield f"to   {_minute(digest.until)}"
    if digest.swept is None:
        since = f" for {spoken(digest.paused_for)}" if digest.paused_for else ""
        yield from ("", f"PAUSED{since}: no job is judged or closed.")
        yield "To go on: idle-jobs resume"
        return
    worth = digest.swept.worth
    yield ""
    yield f"Memory of open jobs: {_memory(worth.open)}"
    yield f"Idle among it: {_memory(sum(worth.idle.values()))}"
    if worth.saved is not None:
        yield f"Saved at present: {_memory(worth.saved)}"
    if digest.saved is not None:
        saved = spoken_saving(digest.saved, digest.gib_hour_price)
        yield f"Saved in this time: {saved}"


def _of_whom(digest: Digest) -> Iterator[str]:
    """Yield how many of the closings may be somebody else's."""
    if others := sum(item["closed_by"] != US for item in digest.closed):
        yield f"Perhaps closed by somebody else: {others}"


def _now(mode: Mode, swept: Swept) -> Iterator[str]:
    observed = mode is Mode.OBSERVE
    title = "WOULD BE CLOSED NOW" if observed else "BEING CLOSED NOW"
    yield from _section(title, sent_groups(swept.plan), PLAN)
    if held := held_groups(swept.plan):
        yield from _section("HELD BACK", held, PLAN)
        halts = dict.fromkeys(str(h.event) for h in swept.plan.held if h.event)
        yield from halts
    if left := left_groups(swept.verdicts):
        yield from _section("REPORTED, AND LEFT AS THEY ARE", left, PLAN)


def _for_a_person(digest: Digest) -> Iterator[str]:
    odd = odd_groups(digest.swept.verdicts) if digest.swept else []
    parked = digest.parked
    if odd or parked or parked is None:
        yield "A PERSON IS NEEDED"
    else:
        yield "NO PERSON IS NEEDED"
    if parked is None:
        yield f"Parked requests were not counted: {PARKED}"
    elif parked:
        yield f"Parked requests: {parked}, see {PARKED}"
    yield from _listed(odd, PLAN)


def _section(title: str, groups: Sequence[Group], where: str) -> Iterator[str]:
    """Yield a title with its figures, and its groups; `where` has the rest."""
    yield ""
    yield f"{title}: {_figures(groups)}"
    yield from _listed(groups, where)


def _listed(groups: Sequence[Group], where: str) -> Iterator[str]:
    for group in groups[:MOST_GROUPS]:
        yield from _group(group, where)
    if more := groups[MOST_GROUPS:]:
        yield f"and {_figures(more)} more: {where}"


def _group(group: Group, where: str) -> Iterator[str]:
    owner = f", {printable(group.owner)}" if group.owner else ""
    yield f"{group.reason}{owner}"
    for line in group.lines[:MOST_JOBS]:
        yield f"  {_memory(line.memory_bytes):>8}  {line.job_id}"
        if line.detail:
            yield f"    {printable(line.detail, most=LONGEST_DETAIL)}"
    if len(group.lines) > MOST_JOBS:
        yield f"  and {len(group.lines) - MOST_JOBS} more: {where}"


def _figures(groups: Sequence[Group]) -> str:
    jobs = _count(groups)
    told = "1 job" if jobs == 1 else f"{jobs} jobs"
    memory = _memory(sum(group.memory_bytes for group in groups))
    return f"{told}, {memory}" if jobs else "none"


def _count(groups: Sequence[Group]) -> int:
    return sum(len(group.lines) for group in groups)


def _memory(count: float) -> str:
    return spoken_bytes(count) or "0 MB"


def _minute(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")
