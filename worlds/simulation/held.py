"""Whether what became idle together was held for its time (R10).

It is held where more than `HaltAboveJobs` jobs, and more than `MaxClosePercent` of
those open then, became idle within a day. Here only those count of which every reader
must see that and since when, and all that may have been open count as open.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import cached_property

from simulation.findings import Problem
from simulation.history import Sent, Told
from simulation.invocations import sends_to_close
from simulation.lives import Life, latest
from simulation.truth import CLOCKS, REOPENED_TOLERANCE, Truth

A_DAY = timedelta(days=1)
_OPEN = frozenset({"opened", "opening", "closing"})


def sent_though_held(truth: Truth) -> Iterator[Problem]:
    """Find jobs that a Sweeper sends to be closed while each reader must hold them."""
    data = sorted(at for life in truth.lives.values() for at in life.data)
    looks: defaultdict[int, list[Sent]] = defaultdict(list)
    for key, sents in truth.sent.items():
        wish = truth.asked.get(key.request_id)
        if wish is None or wish.despite_halt:
            continue
        if wish.scheduled or wish.only_if_idle:
            for sent in sents:
                if sends_to_close(truth, sent) and _may_be_held(truth, sent, data):
                    looks[sent.invocation].append(sent)
    for invocation, sents in looks.items():
        look = _Look(truth, truth.start_of(invocation, sents[0].at), sents)
        for sent in sents:
            if why := look.holds(sent):
                what = f"{sent.key.job_id} is sent to be closed, though {why}"
                yield Problem(sent.at, "I2", "held", sent.key, what)


def misheld(truth: Truth) -> Iterator[Problem]:
    """Find jobs that are told to be held in spite of a request, or for too long."""
    for key, outcomes in truth.told.items():
        for told in outcomes:
            if told.reason == "sweep_halted" and (why := _mistaken(truth, told)):
                what = f"{key.job_id} is told to be held, though {why}"
                yield Problem(told.at, "I1", "false", key, what)


def _mistaken(truth: Truth, told: Told) -> str:
    wish, life = truth.wish(told.key), truth.lives[told.key.job_id]
    if wish is not None and wish.despite_halt:
        return "its request says despite_halt"
    began, data = truth.start_of(told.invocation, told.at), latest(life.data, told.at)
    fed = "yes" in life.fed.between(began, told.at)
    if (
        data
        and not fed
        and _says_nothing(life, began, told.at)
        and _held_until(truth, data) < began - REOPENED_TOLERANCE
    ):
        return "its hold was over"
    return ""


def _says_nothing(life: Life, begun: datetime, over: datetime) -> bool:
    """Tell whether the owner has no wish for it at all."""
    words = life.said(begun, over)
    return not any(w.mode or w.idle_after or w.keep_open_until for w in words)


def _held_until(truth: Truth, data: datetime) -> datetime:
    rules = truth.history.rules
    return data + rules.idle_after + rules.halt_for


def _may_be_held(truth: Truth, sent: Sent, everything: Sequence[datetime]) -> bool:
    """Tell at small cost whether it is worth a closer look."""
    data = latest(truth.lives[sent.key.job_id].data, sent.at)
    if data is None or sent.at + REOPENED_TOLERANCE >= _held_until(truth, data):
        return False
    near = _within(everything, data - A_DAY, data + A_DAY)
    return near > truth.history.rules.halt_above_jobs


def _within(moments: Sequence[datetime], first: datetime, last: datetime) -> int:
    return bisect_right(moments, last) - bisect_left(moments, first)


class _Look:
    """What every reader must see who reads between a Sweeper's begin and its sends."""

    def __init__(self, truth: Truth, begun: datetime, sents: Sequence[Sent]) -> None:
        self._truth, self._begun = truth, begun
        self._over = max(sent.at for sent in sents)
        self._since: dict[str, datetime] = {}
        if truth.upgrade.always("off", begun, self._over):
            seen = ((i, self._idle_since(i, life)) for i, life in truth.lives.items())
            self._since = {job_id: since for job_id, since in seen if since}
        self._moments = sorted(self._since.values())
        sinces = [self._since.get(sent.key.job_id, self._over) for sent in sents]
        self._first = min(sinces) - A_DAY

    def holds(self, sent: Sent) -> str:
        """Say why a job that is sent is held, empty if it need not be."""
        since, rules = self._since.get(sent.key.job_id), self._truth.history.rules
        if since is None:
            return ""
        first = bisect_left(self._moments, since - A_DAY + CLOCKS)
        days = self._moments[first : bisect_right(self._moments, since)]
        many = max(_within(self._moments, day, day + A_DAY - CLOCKS) for day in days)
        if many <= rules.halt_above_jobs:
            return ""
        if many * 100 <= self._opened * rules.max_close_percent:
            return ""
        return f"{many} of {self._opened} open jobs became idle within a day"

    @cached_property
    def _opened(self) -> int:
        """Count what may have been open when the first of these became idle."""
        lives, start = self._truth.lives.values(), self._first - REOPENED_TOLERANCE
        states = (life.state.between(start, self._over) for life in lives)
        return sum(not _OPEN.isdisjoint(each) for each in states)

    def _idle_since(self, job_id: str, life: Life) -> datetime | None:
        """Return since when a job must seem idle to everybody, None if it need not."""
        begun, over, rules = self._begun, self._over, self._truth.history.rules
        data = latest(life.data, over)
        if data is None or data > begun or life.nodeless:
            return None
        if not _says_nothing(life, begun, over):
            return None
        since, states = data + rules.idle_after, life.state.between(begun, over)
        if since > begun - CLOCKS:
            return None
        if states == ["opened"]:
            flags = (life.fed, life.kept, life.blocked, life.forecast)
            kept = any(fnmatchcase(job_id, p) for p in rules.keep_patterns)
            plain = all(flag.between(begun, over) == [""] for flag in flags)
            return since if plain and not kept else None
        if states == ["closed"]:
            # It counts if it was idle then.
            closed = next(life.state.spans("closed", begun, over))
            return since if closed and closed >= since + CLOCKS else None
        return since if states == ["closing"] else None
