"""The largest bodies, and long answers: what they take grows as they do."""

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest

from builders import NOW
from hostile.answers import Answer, honest
from hostile.edge import LONGEST_MESSAGE, edge
from hostile.elastic import Nonsense, kind_of
from hostile.lines import answered_by
from hostile.texts import source
from idle_jobs.elastic.answers import error_of
from idle_jobs.elastic.cluster import Cluster
from idle_jobs.elastic.lists import LONGEST_JOB, LONGEST_LIST
from idle_jobs.elastic.transport import LONGEST_ANSWER, Wire
from idle_jobs.errors import ClusterError
from local.topology import Function, Topology

pytestmark = pytest.mark.slow

# Python takes 64 bytes for an empty dict, which JSON writes in two, and more for what
# holds it. While it is read, its text is there, too: up to four bytes a character.
FACTOR = 42
OF_BODIES = 84  # What is refused is read once more, to tell whose it is.
LENGTH = 100_000
PARTS = (
    *('{"":{}},', '{"":{}},"\\ud800",', "[[]],", "[],", "0,", '"\\ud800",'),
    *('{"a":', "[", "9"),
)
# What Python, the functions' imports and their AWS clients take, old ones included that
# are not collected yet: 143 MB after 70 look-ups of a role.
OWN = 150 * 2**20


def filled(part: str, length: int) -> str:
    """Return a JSON text of a length that has this part, over and over."""
    text = part * (length // len(part))
    return f"[{text}0]" if part.endswith(",") else text


def wide(text: str) -> str:
    """Make Python take four bytes for each character of a list's text."""
    return text.replace("[", '["\U0001f600",', 1) if text.endswith("]") else text


def peak(act: Callable[[], object]) -> int:
    """Return the most bytes that were held while something was done."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(60)
def test_the_largest_bodies_are_parked_in_bounds() -> None:
    """A queue's largest message, of whatever kind, is parked as it came."""
    with edge() as at, answered_by(Nonsense(source(0), spoils=0)):
        at.look("Closer", ["{}"])  # What is made once is made before.
        for part in PARTS[::2]:
            body = f'{{"version": 1, "job_id": {filled(part, LONGEST_MESSAGE - 40)}}}'
            took = peak(partial(at.look, "Closer", [body]))

            assert took < OF_BODIES * len(body)
            assert at.sent[-1]["MessageBody"] == body
        assert len(at.sent) == len(PARTS[::2]) + 1
        assert [] == at.refused


class Long:
    """A way to a cluster whose answers of one kind are long.

    `longest` holds how many bytes an answer of each kind could have had.
    """

    def __init__(self, kind: str, given: Answer) -> None:
        self._kind, self._given = kind, given
        self.longest: dict[str, int] = {}

    def call(self, _method: str, path: str, _: object, *, longest: int) -> bytes:
        """Return a 200's body."""
        self.longest[kind_of(path)] = longest
        if kind_of(path) != self._kind:
            fields = honest(kind_of(path)).items()
            return ("{" + ",".join(f'"{k}": {v}' for k, v in fields) + "}").encode()
        status, body = self._given
        if status != 200:
            raise error_of(status, body)
        return body


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("part", PARTS)
def test_long_answers_are_read_in_bounds(status: int, part: str) -> None:
    """In `count`, `state` and a span alike; what is quoted of them is short."""
    text = wide(filled(part, LENGTH))
    stats = f'{{"job_id": "web", "state": {text}, "open_time": {text}}}'
    for body in (
        f'{{"count": {text}, "jobs": []}}',
        f'{{"count": 1, "jobs": [{stats}]}}',
        f'{{"error": {{"type": "x", "reason": {text}}}}}',
    ):
        cluster = Cluster(cast("Wire", Long("stats", (status, body.encode()))))
        told: list[str] = []

        assert peak(partial(read, cluster, told)) < FACTOR * len(body)
        assert max(map(len, told), default=0) <= 1_000


@pytest.mark.parametrize(
    ("ids", "longest"),
    [
        (None, LONGEST_LIST),
        (["web"], LONGEST_JOB),
        ([f"job-{n}" for n in range(10)], 10 * LONGEST_JOB),
        ([f"job-{n}" for n in range(40)], LONGEST_LIST),
    ],
    ids=["all", "one", "ten", "forty"],
)
def test_lists_may_be_as_long_as_what_was_asked_for(
    ids: list[str] | None, longest: int
) -> None:
    """Of all jobs, or of so many; one answer is that of one job, which has a feed."""
    wire = Long("none", (200, b""))
    Cluster(cast("Wire", wire)).jobs(NOW, ids)
    feeds = LONGEST_JOB if ids else LONGEST_LIST
    lists = {"stats": longest, "configs": longest, "feeds": feeds}

    assert {"info": LONGEST_ANSWER} | lists == wire.longest


@pytest.mark.parametrize(
    "function", Topology.load().functions.values(), ids=lambda f: f.name
)
def test_the_longest_answers_fit_into_the_memory(function: Function) -> None:
    """All three lists of a read, and what each look of a batch is answered."""
    # The Reopener takes no batch, but lists as many jobs as were closed.
    looks = function.sources[0].batch_size if function.sources else 1
    whole = function.name in ("Sweeper", "Reopener")
    lists = LONGEST_LIST if whole else looks * LONGEST_JOB
    answers = FACTOR * (3 * lists + looks * LONGEST_ANSWER)
    took = max(answers, OF_BODIES * LONGEST_MESSAGE)

    assert took + OWN < function.memory * 2**20


def read(cluster: Cluster, told: list[str]) -> None:
    """Read a cluster; add what is told of it."""
    try:
        told += [why for job in cluster.jobs(NOW, ["web"]) for why in job.problems]
    except ClusterError as error:
        told.append(str(error))
