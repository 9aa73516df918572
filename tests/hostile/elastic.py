"""A cluster with one idle job that answers nonsense, now and then."""

from dataclasses import dataclass, field
from random import Random

from hostile.answers import Answer, answer, plain


@dataclass
class Nonsense:
    """Answers calls by method and path; `spoils` says which share is spoiled.

    `given` holds what the last answer of each kind was, `posts` every close with its
    query, `to_posts` the answers to them, `before_post` what was given before the
    first one, `answered` how many answers were spoiled.
    """

    r: Random
    spoils: float = 0.5
    given: dict[str, Answer] = field(default_factory=dict)
    before_post: dict[str, Answer] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    to_posts: list[Answer] = field(default_factory=list)
    answered: int = 0
    closed: bool = False

    def __call__(self, method: str, path: str) -> Answer:
        """Answer a call."""
        kind = kind_of(path.partition("?")[0])
        given = self._answer(kind)
        if method == "POST":
            self.before_post = self.before_post or dict(self.given)
            self.posts.append(path)
            self.to_posts.append(given)
        self.given[kind] = given
        return given

    def _answer(self, kind: str) -> Answer:
        if self.r.random() < self.spoils:
            self.answered += 1
            return answer(self.r, kind)
        return 200, self._honest(kind)

    def _honest(self, kind: str) -> bytes:
        self.closed = self.closed or kind == "close"
        body = plain(kind)
        return body.replace(b'"opened"', b'"closed"') if self.closed else body


def kind_of(path: str) -> str:
    """Return which call it is."""
    last = path.rsplit("/", 1)[1]
    if last in ("info", "_close"):
        return last.removeprefix("_")
    if "datafeeds" in path:
        return "feeds"
    return "stats" if last == "_stats" else "configs"
