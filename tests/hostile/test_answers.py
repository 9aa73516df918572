"""Answers that no cluster should give, through the functions and the real client."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import pytest

from builders import NOW, RULES, ago
from elastic.test_cluster import Key
from hostile.answers import STATUSES, Answer, answer
from hostile.bodies import SENT
from hostile.edge import Seen, edge
from hostile.elastic import Nonsense
from hostile.lines import answered_by
from hostile.texts import source
from idle_jobs.elastic.answers import error_of, parsed
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.json_fields import dig
from idle_jobs.elastic.transport import Timeouts, Wire
from idle_jobs.errors import ClusterError, Evidence
from idle_jobs.policy.judge import judge
from idle_jobs.policy.verdict import Action
from idle_jobs.times import rfc3339
from standin.raw_server import RawServer
from wire_faults import answers

pytestmark = pytest.mark.slow

LOOKS = 1_000  # They meet some 1,300 nonsensical answers,
READS = 4_000  # and these some 4,500.
SWEEPS = {
    "version": 1,
    "cluster": "demo",
    "request_id": "r-1",
    "job_id": "web",
    "requested_at": rfc3339(SENT),
    "origin": "schedule",
    "only_if_idle": True,
    "reason": "idle_datafeed_stopped",
}
# Old enough for the try that could end in force, young enough to wait.
OLD = {"requested_at": rfc3339(ago(hours=3)), "handed_at": rfc3339(ago(hours=2))}
ASKED: dict[str, Mapping[str, Any]] = {
    "Sweeper": {"job_id": "*", "only_if_idle": True},
    "Closer": SWEEPS,
    "ForceCloser": SWEEPS | OLD,
}


@dataclass
class Look:
    """What a function met and what it did."""

    function: str
    seen: Seen
    cluster: Nonsense


@pytest.fixture(scope="module")
def looks() -> list[Look]:
    """Return looks at a cluster of which every third answer is nonsense."""
    made = []
    with edge() as at:
        for n in range(LOOKS):
            function = list(ASKED)[n % len(ASKED)]
            cluster = Nonsense(source(n), spoils=0.35)
            with answered_by(cluster):
                seen = at.look(function, [json.dumps(ASKED[function])])
            made.append(Look(function, seen, cluster))
        assert [] == at.refused
        assert at.slowest < 5, "seconds of a processor"
    return made


def test_every_look_ends_or_is_taken_again(looks: list[Look]) -> None:
    """Nothing breaks, whatever came; all is told in short lines."""
    for look in looks:
        ends = {"Sweeper": ("swept",)}.get(look.function, ("outcome", "sent"))

        assert [] == look.seen.lines("record_broken")
        back = [sent for sent in look.seen.sent if "DelaySeconds" in sent]
        assert 1 == len(look.seen.lines(*ends)) + len(look.seen.stay) + len(back)
    assert max(look.seen.longest_line for look in looks) < 8_192


def looks_idle(given: Mapping[str, Answer]) -> bool:
    """Tell whether the lists as last given are those of an idle job, read anew."""
    try:
        [stats] = json.loads(given["stats"][1].decode("utf-8-sig"))["jobs"]
        [config] = json.loads(given["configs"][1].decode("utf-8-sig"))["jobs"]
        [feed] = json.loads(given["feeds"][1].decode("utf-8-sig"))["datafeeds"]
    except (ValueError, LookupError, TypeError):
        return False
    fed = stats["data_counts"].get("last_data_time")
    told = (stats["job_id"], stats["state"], feed["state"], config["job_id"])
    quiet = fed is None or 0 <= fed < ago(days=2).timestamp() * 1000
    return told == ("web", "opened", "stopped", "web") and quiet


def test_nothing_closes_on_nonsense(looks: list[Look]) -> None:
    """What is closed is idle in the eyes of another reader as well."""
    posted = [look.cluster for look in looks if look.cluster.posts]

    assert len(posted) > 100
    assert all(looks_idle(cluster.before_post) for cluster in posted)


def says_so(given: Answer) -> bool:
    """Tell whether an answer to a close is Elasticsearch's own word for a force."""
    status, body = given
    reason = str(dig(parsed(body), "error.reason"))
    words = ("use force close", "could not be stopped")
    return status == 409 and any(word in reason for word in words)


def test_nothing_is_forced_but_on_its_word(looks: list[Look]) -> None:
    """Not by an outage, an odd answer, or the same words with another status."""
    forced = [look for look in looks if "force=true" in "".join(look.cluster.posts)]

    assert all(look.function == "ForceCloser" for look in forced)
    assert all(any(map(says_so, look.cluster.to_posts)) for look in forced)


def test_nonsense_is_met_in_every_way(looks: list[Look]) -> None:
    """Most of it is of no use, some of it may be read, and some jobs are closed."""
    lines = Counter(
        str(line.get("ended") or line.get("reason") or line["message"])
        for look in looks
        for line in look.seen.log
    )
    known = ("cluster_unavailable", "cluster_refused", "unknown", "closed", "skipped")

    assert sum(look.cluster.answered for look in looks) > 1_000
    assert min(lines[line] for line in known) >= 10, lines


class Straight:
    """The client's way to a cluster without HTTP."""

    def __init__(self, cluster: Nonsense) -> None:
        self._cluster = cluster

    def call(self, method: str, path: str, *_: object, **__: object) -> bytes:
        """Return a 200's body."""
        status, body = self._cluster(method, path)
        if status != 200:
            raise error_of(status, body)
        return body


def test_a_read_raises_the_clusters_errors_alone() -> None:
    """Or it returns jobs, which are kept where something of them is unread."""
    met = 0
    for n in range(READS):
        nonsense = Nonsense(source(f"read {n}"), spoils=0.4)
        with suppress(ClusterError):
            for job in Cluster(cast("Wire", Straight(nonsense))).jobs(NOW, ["web"]):
                closes = judge(job, NOW, RULES).action is Action.CLOSE

                assert not closes or looks_idle(nonsense.given)
        met += nonsense.answered

    assert met > 4_000


def test_an_error_is_evidence_only_in_elasticsearchs_words() -> None:
    """And what it says is short and printable, whatever it quotes."""
    evidence = 0
    for n in range(1_000):
        r = source(f"error {n}")
        given = r.choice(STATUSES), answer(r, "close")[1]
        error = error_of(*given)
        evidence += isinstance(error, Evidence)

        assert not isinstance(error, Evidence) or says_so(given)
        assert str(error).isprintable()
        assert len(str(error)) <= 1_000
    assert evidence


@pytest.mark.parametrize("kind", ["info", "stats", "configs", "feeds"])
def test_nonsense_over_a_real_socket(kind: str) -> None:
    """A sample, with one odd answer to the first call: the way there adds nothing."""
    for n in range(40):
        body = answer(source(n), kind)[1]
        with RawServer(answers(body)) as raw:
            client = Cluster(Wire(raw.url, Key("dGVzdDp0ZXN0"), Timeouts(*[2] * 6)))

            with pytest.raises(ClusterError):
                client.jobs(NOW)
