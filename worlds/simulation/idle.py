"""Why a job was not idle, as far as could be known when it was closed (I2)."""

from datetime import datetime, timedelta

from idle_jobs.times import spoken
from simulation.history import Owned
from simulation.lives import Life, latest
from simulation.truth import Truth


def why_busy(truth: Truth, life: Life, now: datetime, known: datetime) -> str:
    """Say why the job was not idle, by what was known `FRESH` before `now`.

    Ages are taken at the time of the close, the latest that anybody could take for now.
    A state counts if it held without a break from then on.
    """
    rules = truth.history.rules
    created, data = latest(life.created, known), latest(life.data, known)
    opened, words = latest(life.opened, known), life.said(known, now)
    patience = min(word.idle_after for word in words)
    if data and created and data < created:
        data = None
    if data and now - data < max(rules.idle_after, patience):
        return f"it got data {spoken(now - data)} before"
    if opened and now - opened < max(rules.reopen_grace, patience):
        return f"it was opened {spoken(now - opened)} before"
    if all(_lately(word, now, max(rules.idle_after, patience)) for word in words):
        return "until lately, its owner wanted it to be kept open"
    if all(word.mode == "notify" for word in words):
        return "its owner wants to be told only"
    if why := _at_work(truth, life, now, known, data):
        return why
    since = latest(life.starts, known)
    if data is None and since and now - since < max(rules.never_fed_after, patience):
        return f"it never got data and was opened only {spoken(now - since)} before"
    return ""


def _at_work(
    truth: Truth, life: Life, now: datetime, known: datetime, data: datetime | None
) -> str:
    """Say what ran, or was done with the job, all the time."""
    # The close itself stops the datafeed, and ends a forecast.
    before = now - timedelta.resolution
    fed = life.fed.always("yes", known, before)
    if fed and (why := _not_dry(truth, life, now, data)):
        return why
    if life.forecast.always("yes", known, before):
        return "a forecast of it ran"
    if life.blocked.always("yes", known, now):
        return "it was blocked"
    if truth.upgrade.always("on", known, now):
        return "the cluster was in upgrade mode"
    return ""


def _not_dry(truth: Truth, life: Life, now: datetime, data: datetime | None) -> str:
    """Say why a job with a started datafeed may not be closed; dry ones may."""
    rules = truth.history.rules
    if not rules.close_dry_datafeeds:
        return "its datafeed was started"
    if life.past.last == "yes":
        return "its datafeed read the past"
    auto = any(word.mode == "auto" for word in life.words)
    if life.counts.last == "yes" and not auto:
        return "silence was data to its detector"
    if data and now - data < rules.dry_after:
        return f"its datafeed was started, and brought data {spoken(now - data)} before"
    return ""


def _lately(word: Owned, now: datetime, patience: timedelta) -> bool:
    until = word.keep_open_until
    return until is not None and until <= now < until + patience


def protects(word: Owned, now: datetime) -> bool:
    """Tell whether an owner's settings keep a job open whoever asks."""
    until = word.keep_open_until
    return word.mode == "never" or (until is not None and until > now)
