"""Reads JSON objects of one cluster, and its lists, which may be asked for by id."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from idle_jobs.elastic.answers import no_object, parsed
from idle_jobs.elastic.info import INFO_FIELDS, ON_SERVERLESS, Info, read_info
from idle_jobs.elastic.json_fields import Json
from idle_jobs.elastic.lists import items_of, longest_of, packed, without
from idle_jobs.elastic.transport import LONGEST_ANSWER, Wire
from idle_jobs.errors import (
    Evidence,
    Gone,
    LookAgain,
    NotOnServerless,
    NotSent,
    TryLater,
)

# Path, name of the list in the answer, and id field.
JOBS = ("/_ml/anomaly_detectors", "jobs", "job_id")
DATAFEEDS = ("/_ml/datafeeds", "datafeeds", "datafeed_id")

Ids = Sequence[str] | None


class Reader:
    """Reads; `limit` returns how many seconds the next read may take."""

    def __init__(self, wire: Wire, limit: Callable[[], float] | None = None) -> None:
        self._wire = wire
        self._limit = limit

    def get(
        self, path: str, fields: str, longest: int = LONGEST_ANSWER, **more: str
    ) -> dict[str, Any]:
        """Read an object of which the answer has these fields alone."""
        params = {"filter_path": fields, **more}
        try:
            body = self._wire.call(
                "GET", path, params, longest=longest, **self._limits()
            )
        except (LookAgain, Evidence) as error:
            # These errors are about closes. After a read they mean: try again.
            raise TryLater(str(error)) from error
        value = parsed(body)
        if value is None:
            raise no_object(path, body)
        return dict(value)

    def info(self) -> Info:
        """Read the upgrade mode, and what the version of the cluster can do."""
        try:
            return read_info(self.get("/_ml/info", INFO_FIELDS))
        except NotOnServerless:
            return ON_SERVERLESS

    def items(
        self, what: tuple[str, str, str], suffix: str, fields: str, ids: Ids
    ) -> tuple[list[Json], list[object]]:
        """Return the items of a list, all or by id, and the failures of nodes."""
        path, name, key = what
        answers = [
            answer
            for pack in ([""] if ids is None else packed(ids))
            for answer in self._known(path, pack, suffix, fields)
        ]
        items = [item for answer in answers for item in items_of(answer, name, key)]
        whose = ("node_failures", "task_failures")
        failures = [answer.get(name) for answer in answers for name in whose]
        return items, [failure for failure in failures if failure]

    def _known(self, path: str, pack: str, suffix: str, fields: str) -> Iterator[Json]:
        """Yield the answers for a pack of ids, which is a 404 if one id is missing."""
        whole = f"{path}{f'/{pack}' if pack else ''}{suffix}"
        try:
            yield self.get(whole, fields, longest_of(pack))
        except Gone as gone:
            for rest in without(pack, gone.missing):
                yield from self._known(path, rest, suffix, fields)

    def _limits(self) -> dict[str, float]:
        """Return how long the next read may take, if there is a limit."""
        if self._limit is None:
            return {}
        if (seconds := self._limit()) <= 0:
            raise NotSent("there is no time left to read")
        return {"read_timeout": seconds}
