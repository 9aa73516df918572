"""How each request for a job ended, and the sums of a schedule."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from simulation.findings import Findings
from simulation.history import Finished, Key, Posted, Spoiled
from simulation.repeats import RANK
from simulation.telling.cast import FOLLOWING, Cast


class End(NamedTuple):
    """Jobs of one request that ended in the same way; none for a request as a whole."""

    request: str
    ended: str
    reason: str
    jobs: tuple[str, ...]


def ends(cast: Cast, job: str = "") -> Iterator[End]:
    """Yield the ends of each request, in the order in which they were made."""
    truth = cast.truth
    keys: dict[str, list[Key]] = {}
    for key in truth.told:
        if job in ("", key.job_id) or job in cast.meant(key):
            keys.setdefault(key.request_id.removesuffix(FOLLOWING), []).append(key)
    for request_id, asked in sorted(truth.asked.items(), key=lambda item: item[1].at):
        name, found = cast.name(request_id), keys.get(request_id, [])
        same: dict[tuple[str, str], list[str]] = {}
        for key in found:
            if job and cast.job(key) not in ((job,), ()):
                continue
            same.setdefault(_last(cast, key), []).extend(cast.job(key))
        for (ended, reason), jobs in sorted(same.items(), key=_rank):
            yield End(name, ended, reason, tuple(sorted(jobs)))
        if not same and (not job or (job in asked.jobs and not asked.scheduled)):
            why = "nothing to close" if asked.scheduled else "no outcome"
            yield End(name, why, "", ())


def _rank(same: tuple[tuple[str, str], list[str]]) -> tuple[int, str]:
    (ended, reason), _ = same
    return RANK.index(ended), reason


def _last(cast: Cast, key: Key) -> tuple[str, str]:
    """Return how a key ended at last; what is told again deduplicates by rank."""
    episodes = cast.truth.episodes(key)
    told = min(episodes[max(episodes)], key=lambda told: RANK.index(told.ended))
    return told.ended, told.reason


def summary(cast: Cast, findings: Findings) -> Iterator[str]:
    """Yield the sums, in words."""
    events, counts = cast.history.events, findings.counts
    told = ", ".join(f"{counts[ended]} {ended}" for ended in RANK if counts[ended])
    keys = len(findings.ok | findings.duplicated)
    yield f"{counts['requests']} requests for {keys} jobs: {told or 'no outcome'}"
    how = Counter(e.how for e in events if isinstance(e, Finished | Spoiled))
    answers = Counter(e.answer for e in events if isinstance(e, Posted))
    refused = sum(answers.values()) - answers[200]
    yield (
        f"{counts['posts']} closes posted, {counts['forces']} of them with force; "
        f"{refused} not answered with 200"
    )
    died, failed = how["died"], how["failed"]
    invoked = how["answered"] + died + failed
    yield f"{invoked} invocations, of which {died} died and {failed} failed"
    yield (
        f"{how['duplicated']} messages delivered twice, "
        f"{how['delete_lost']} deletes of messages lost"
    )
    left = Counter(left.queue for left in cast.history.left)
    rest = ", ".join(f"{count} in {queue}" for queue, count in left.items())
    yield f"messages left at the end: {rest or 'none'}"
