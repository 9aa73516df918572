"""Is what an outcome says true? (I1), and was a parked message parked? (I5)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from simulation.findings import Problem
from simulation.history import Asked, Sent, Told
from simulation.idle import protects
from simulation.lives import latest
from simulation.truth import CLOCKS, MODE_KNOWN_AFTER, REOPENED_TOLERANCE, Truth

PARKED_WITHIN = timedelta(minutes=5)

Says = Callable[[Truth, Told, Asked], str]


def untrue(truth: Truth) -> Iterator[Problem]:
    """Find the outcomes that say what is not so, or that nobody asked for."""
    for key, outcomes in truth.told.items():
        wish = truth.wish(key)
        for told in outcomes:
            if wish is None:
                why = "it has an outcome, and nobody asked for it"
            else:
                why = _wrong(truth, told, wish)
            if why:
                what = f"told {told.ended} ({told.reason}) of {key.job_id}: {why}"
                yield Problem(told.at, "I1", "false", key, what)


def _wrong(truth: Truth, told: Told, wish: Asked) -> str:
    says = _ENDS.get(told.ended) or _REASONS.get(told.reason)
    return says(truth, told, wish) if says else ""


def _closed(truth: Truth, told: Told, wish: Asked) -> str:
    """Say what is wrong with `closed`: it is, and was not before the request."""
    state = truth.lives[told.key.job_id].state
    spans = list(state.spans("closed", truth.looked_from(told), told.at))
    if _only_watched(truth, told, max(filter(None, spans), default=None)):
        return "it only watched, so the closing is not its own"
    if not spans:
        return f"it was {'/'.join(truth.states(told)) or 'not there'}"
    earliest = wish.at - REOPENED_TOLERANCE - CLOCKS
    if not any(begun and begun >= earliest for begun in spans):
        return "it was closed before the request"
    return ""


def _only_watched(truth: Truth, told: Told, closed: datetime | None) -> bool:
    """Tell whether it watched a closing that no force of its request can have made.

    No message shows whether it was forced. So what was closed when the ForceCloser was
    allowed to force may be its own.
    """
    function = truth.function(told.invocation)
    if truth.kinds(told.key) != {"watch"} or function == "Sweeper":
        return False
    if any(p.force and p.at <= told.at for p in truth.posted.get(told.key, ())):
        return False
    allowed, rules = min(sent.at for sent in truth.sent[told.key]), truth.history.rules
    if not rules.force_failed:
        allowed += rules.force_after
    late = closed is not None and closed + CLOCKS >= allowed
    return not (function == "ForceCloser" and late)


def _force_closed(truth: Truth, told: Told, _wish: Asked) -> str:
    """Say what is wrong with `force_closed`: its teller forced, and it was closed then.

    Had the forcing function died, the next look would find it closed and say so, or say
    what the ledger has. Where another request closes it in the same moment, both are
    answered that it is closed, and neither can know which of them it was.
    """
    mine = [
        post
        for post in truth.posted.get(told.key, ())
        if post.force and post.invocation == told.invocation and post.at <= told.at
    ]
    earlier = (
        item.key == told.key
        and item.ended == told.ended
        and item.invocation != told.invocation
        for item in truth.written.get(told.key.job_id, ())
    )
    if any(earlier):
        return ""
    if not mine:
        return "no force of its teller was posted"
    began = truth.began[told.invocation].at
    state = truth.lives[told.key.job_id].state
    # An orphan is gone as soon as its task is.
    spans = (b for end in ("closed", "") for b in state.spans(end, began, told.at))
    if any(begun and begun >= began for begun in spans):
        return ""
    return "it was not closed while its teller ran"


def _already_closed(truth: Truth, told: Told, _wish: Asked) -> str:
    return _was(truth, told, "closed")


def _gone(truth: Truth, told: Told, _wish: Asked) -> str:
    return _was(truth, told, "")


def _was(truth: Truth, told: Told, state: str) -> str:
    states = truth.states(told)
    return "" if state in states else f"it was {'/'.join(s or 'gone' for s in states)}"


def _no_such_job(truth: Truth, told: Told, wish: Asked) -> str:
    """Say what is wrong with `no_such_job`: something that was named must be missing.

    A group has no life of its own; alone, it is missing once all of its jobs are.
    """
    pieces = [piece.strip() for piece in wish.expression.split(",")]
    since = truth.looked_from(told)
    alone = len(pieces) == 1 and pieces[0] not in wish.jobs
    names = wish.jobs if alone and wish.jobs else {*pieces, *wish.jobs}
    missing = ["" in truth.lives[n].state.between(since, told.at) for n in names]
    enough = all(missing) if alone else any(missing)
    return "" if enough else f"{wish.expression} was there"


def _no_match(truth: Truth, told: Told, wish: Asked) -> str:
    since = truth.looked_from(told)
    pieces = [piece.strip() for piece in wish.expression.split(",")]
    for job_id, life in truth.lives.items():
        fits = job_id in wish.jobs or any(fnmatchcase(job_id, p) for p in pieces)
        if fits and "" not in life.state.between(since, told.at):
            return f"it matches {job_id}"
    return ""


def _reopened(truth: Truth, told: Told, wish: Asked) -> str:
    life = truth.lives[told.key.job_id]
    start = latest(life.starts, told.at)
    if start and start > wish.at + REOPENED_TOLERANCE - CLOCKS:
        return ""
    if "watch" in truth.kinds(told.key) and "opened" in truth.states(told):
        return ""
    return "it was neither created nor opened since the request"


def _kept(truth: Truth, told: Told, _wish: Asked) -> str:
    kept = truth.lives[told.key.job_id].kept
    known = kept.between(truth.looked_from(told), told.at)
    by_rule = truth.history.rules.keep_patterns
    words = truth.lives[told.key.job_id].said(truth.looked_from(told), told.at)
    by_word = any(protects(word, truth.looked_from(told)) for word in words)
    if by_word or "yes" in known or by_rule:
        return ""
    return "nobody protected it"


def _blocked(truth: Truth, told: Told, _wish: Asked) -> str:
    blocked = truth.lives[told.key.job_id].blocked
    known = blocked.between(truth.looked_from(told), told.at)
    return "" if "yes" in known else "nothing blocked it"


def _upgrade(truth: Truth, told: Told, _wish: Asked) -> str:
    known = truth.upgrade.between(truth.looked_from(told), told.at)
    return "" if "on" in known else "upgrade mode was off"


def _observed(truth: Truth, told: Told, _wish: Asked) -> str:
    began = truth.start_of(told.invocation, told.at)
    known = truth.mode.between(began - MODE_KNOWN_AFTER, told.at)
    if "observe" in {*known, *truth.born_in(told.key)}:
        return ""
    return "nothing observes: neither it nor its message was in mode observe"


_ENDS: dict[str, Says] = {"closed": _closed, "force_closed": _force_closed}
_REASONS: dict[str, Says] = {
    "already_closed": _already_closed,
    "gone": _gone,
    "no_such_job": _no_such_job,
    "no_match": _no_match,
    "reopened": _reopened,
    "kept_by_owner": _kept,
    "managed": _kept,
    "blocked": _blocked,
    "upgrade_mode": _upgrade,
    "mode_is_observe": _observed,
}


def unparked(truth: Truth) -> Iterator[Problem]:
    """Find what is told to be parked and is not, and what is parked in silence (I5).

    The depth of ParkingQueue rings the alarm, so the message has to be there within 5
    minutes of the outcome. Only a death may come between parking and telling.
    """
    parked: dict[str, list[Sent]] = {}
    for sents in truth.sent.values():
        for sent in sents:
            if sent.queue == "ParkingQueue":
                parked.setdefault(sent.key.request_id, []).append(sent)
    for key, outcomes in truth.told.items():
        there = parked.get(key.request_id, ())
        for told in outcomes:
            if told.ended == "parked" and not any(_goes_with(s, told) for s in there):
                what = f"{key.job_id or key.request_id} is told to be parked, but no"
                what += " message came into ParkingQueue, so that no alarm rings"
                yield Problem(told.at, "I5", "silent", key, what)
    for sents in parked.values():
        for sent in sents:
            yield from _silently(truth, sent)


def _goes_with(sent: Sent, told: Told) -> bool:
    near = abs(sent.at - told.at) <= PARKED_WITHIN
    return near and told.key.job_id in ("", sent.key.job_id)


def _silently(truth: Truth, sent: Sent) -> Iterator[Problem]:
    finished = truth.finished.get(sent.invocation)
    if finished is None or finished.how == "died":
        return
    keys = {*truth.together(sent.key)}
    told = (t for key in keys for t in truth.told.get(key, ()))
    if any(t.ended == "parked" and t.invocation == sent.invocation for t in told):
        return
    what = (
        f"{sent.key.job_id or sent.key.request_id} was parked, and no outcome says so"
    )
    yield Problem(sent.at, "I5", "silent", sent.key, what)
