"""Reads an error of Elasticsearch: its type, its reason and its causes; pure.

Proxies and other products answer with JSON of their own, some with an `error` in it. It
comes from Elasticsearch if it is an object with a type, or one of the texts that only
Elasticsearch writes (RestController and ElasticsearchException of 2021 and 2025).
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idle_jobs.elastic.json_fields import dig
from idle_jobs.errors import redacted

LOOKED_AT = 4_096  # Characters or bytes of an untrusted text that we look at.
# An error may repeat the request line, so twice that length is enough. The time of a
# match grows with the square of the length: a hostile text could take hours.
LONGEST_TEXT = 2 * LOOKED_AT
MOST_OBJECTS, MOST_LISTED = 200, 10  # Read of one error, and of one list in it.
NOT_ON_SERVERLESS = "api_not_available_exception"

# No such path, or a path of another API with other methods.
_UNROUTED = re.compile(
    r"no handler found for uri \[.*\] and method \[\w+\]"
    r"|Incorrect HTTP method for uri \[.*\] and method \[\w+\](, allowed: \[.*\])?",
    re.DOTALL,
)
# The text of Serverless in 2023.
_SERVERLESS = re.compile(
    r"(Request for )?uri \[.*\] with method \[\w+\] exists but is not available when "
    r"running in serverless mode",
    re.DOTALL,
)
# The text of an error if `http.detailed_errors.enabled` is false.
_SIMPLE = re.compile(r"(?:Elasticsearch)?([A-Z]\w{0,99}Exception)\[(.*)\]", re.DOTALL)
# Our query is cut from error texts: it is longer than the rest of them.
_OUR_QUERY = re.compile(r"\?filter_path=[^\s\]]*")
_INNER = ("root_cause", "caused_by", "failed_shards", "reason", "suppressed")

Cause = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ElasticError:
    """An error as Elasticsearch describes it; false if Elasticsearch did not write it.

    `kind` is its type. `causes` has the type and the reason of each cause, the
    innermost last. `plain` is set if the error was a text, which is less reliable than
    an object.
    """

    kind: str = ""
    reason: str = ""
    causes: tuple[Cause, ...] = ()
    plain: bool = False

    def __bool__(self) -> bool:
        return bool(self.kind or self.reason)

    def __str__(self) -> str:
        own = f"{_cut(self.kind, 100)}: " if self.kind else ""
        within = in_one_line(cause for cause in self.causes if cause != self._own)
        text = _cut(self.reason, 500)
        return f"{own}{text}" + (f": {within}" if within else "")

    @property
    def _own(self) -> Cause:
        return self.kind, self.reason

    @property
    def unrouted(self) -> bool:
        """Return whether this Elasticsearch has no such path."""
        return self.plain and not self.kind

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reason of the error and those of its causes."""
        return (self.reason, *(reason for _, reason in self.causes))


def elastic_error_of(status: int, answer: Mapping[str, Any] | None) -> ElasticError:
    """Return the error in an answer, empty if Elasticsearch did not write it."""
    error = (answer or {}).get("error")
    if isinstance(error, str):
        return _plain(status, error, (answer or {}).get("status"))
    if not isinstance(dig(error, "type"), str):
        return ElasticError()
    (kind, reason), *causes = causes_of(error)
    return ElasticError(kind, reason, tuple(causes))


def _plain(status: int, error: str, said: object) -> ElasticError:
    text, whole = error[:LOOKED_AT], error if len(error) <= LONGEST_TEXT else ""
    if status in (400, 405) and _UNROUTED.fullmatch(whole):
        return ElasticError(reason=text, plain=True)
    if status in (404, 410) and _SERVERLESS.fullmatch(whole):
        return ElasticError(NOT_ON_SERVERLESS, text, plain=True)
    simple = _SIMPLE.fullmatch(error)
    if simple is None or said != status:
        return ElasticError()
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", simple[1]).lower()
    return ElasticError(kind, simple[2][:LOOKED_AT], plain=True)


def causes_of(error: object) -> Iterator[Cause]:
    """Yield the type and reason of each object in an error, the outer ones first."""
    waiting, seen = deque([error]), set()
    for _ in range(MOST_OBJECTS):
        if not waiting:
            return
        within = waiting.popleft()
        if isinstance(within, list):
            waiting.extend(within[:MOST_LISTED])
        elif isinstance(within, dict):
            cause = _cause(within)
            if cause[0] and cause not in seen:
                seen.add(cause)
                yield cause
            waiting.extend(within.get(name) for name in _INNER)


def _cause(error: Mapping[str, Any]) -> Cause:
    kind, reason = error.get("type"), error.get("reason")
    text = reason if isinstance(reason, str) else ""
    # The index, and why a credential was refused, are separate fields.
    index, why = error.get("index"), error.get("additional_unsuccessful_credentials")
    text += f" [{index}]" if isinstance(index, str) and index not in text else ""
    text += f": {why}" if isinstance(why, str) else ""
    return kind if isinstance(kind, str) else "", text[:LOOKED_AT]


def in_one_line(causes: Iterator[Cause]) -> str:
    """Return causes as one line: the outermost and the innermost, each shortened."""
    pairs = ((_cut(kind, 60), _cut(text, 160)) for kind, text in causes)
    lines = [": ".join(filter(None, pair)) for pair in pairs]
    return ": ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))


def _cut(text: str, most: int) -> str:
    return redacted(_OUR_QUERY.sub("", text))[:most]
