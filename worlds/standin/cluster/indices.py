"""Indices, as far as datafeeds need them: they are there, and have fields."""

import hashlib
import re
from fnmatch import fnmatchcase
from typing import Any

from standin.cluster.call import Call, Reply
from standin.cluster.configs import analysis_shown
from standin.cluster.errors import ClusterError
from standin.cluster.ml import MachineLearning
from standin.cluster.schema import Shape, read_object

CREATE = "indices:admin/create"
DELETE = "indices:admin/delete"
GET = "indices:admin/get"
REFRESH = "indices:admin/refresh"

_BODY = Shape(
    "create_index", {"settings": "object", "mappings": "object", "aliases": "object"}
)
_RESULTS = ".ml-anomalies-"
_BAD = re.compile(r'[\\/*?"<>| ,#:]')


def create_index(ml: MachineLearning, call: Call) -> Reply:
    """Create an index; its documents are nobody's business here."""
    name = call.ids or ""
    _check_name(name)
    given = read_object(call, _BODY) if call.body.strip() else {}
    if name in ml.indices:
        uuid = _uuid(name)
        raise _index_error(
            400,
            "resource_already_exists_exception",
            f"index [{name}/{uuid}] already exists",
            name,
        )
    ml.indices[name] = given
    return Reply({"acknowledged": True, "shards_acknowledged": True, "index": name})


def delete_index(ml: MachineLearning, call: Call) -> Reply:
    """Delete indices; wildcards are for nobody by default since 8.0."""
    ignore = call.flag("ignore_unavailable", False)
    expression = call.ids or ""
    if ml.since(8, 0) and (expression == "_all" or "*" in expression):
        reason = "Wildcard expressions or all indices are not allowed"
        raise ClusterError(400, "illegal_argument_exception", reason)
    pieces = expression.split(",")
    for name in _find(ml, ",".join(n for n in pieces if not _is_results(n)), ignore):
        del ml.indices[name]
    for job in ml.jobs.values():
        # Without its results index a job counts from zero.
        shared = analysis_shown(job)["results_index_name"]
        if f"{_RESULTS}{shared}" in {n.removesuffix("-000001") for n in pieces}:
            job.forget()
    return Reply({"acknowledged": True})


def get_index(ml: MachineLearning, call: Call) -> Reply:
    """Show indices as they were created; HEAD says whether they are there."""
    ignore = call.flag("ignore_unavailable", False)
    names = _find(ml, call.ids or "", ignore)
    return Reply({name: _shown(ml.indices[name]) for name in names})


def refresh(ml: MachineLearning, call: Call) -> Reply:
    """Refresh indices, which changes nothing."""
    ignore = call.flag("ignore_unavailable", False)
    expression = call.ids or "*"
    own = [each for each in expression.split(",") if each.startswith(".ml-")]
    if not own:
        _find(ml, expression, ignore)
    return Reply({"_shards": {"total": 1, "successful": 1, "failed": 0}})


def _shown(index: dict[str, Any]) -> dict[str, Any]:
    return {"aliases": {}, "mappings": {}, "settings": {}} | index


def _is_results(name: str) -> bool:
    return name.startswith(_RESULTS)


def _find(ml: MachineLearning, expression: str, ignore: bool) -> list[str]:
    found: list[str] = []
    for piece in expression.split(",") if expression else ():
        pattern = "*" if piece == "_all" else piece
        hits = sorted(name for name in ml.indices if fnmatchcase(name, pattern))
        if not hits and "*" not in pattern and not ignore:
            _check_name(piece)
            reason = f"no such index [{piece}]"
            raise _index_error(404, "index_not_found_exception", reason, piece)
        found += [name for name in hits if name not in found]
    return found


def _check_name(name: str) -> None:
    reason = ""
    if name != name.lower():
        reason = "must be lowercase"
    elif name.startswith(("_", "-", "+")):
        reason = "must not start with '_', '-', or '+'"
    elif _BAD.search(name) or name in {"", ".", ".."}:
        reason = "must not contain the following characters "
        reason += """[' ','"','*',',','/','<','>','?','\\\\','|']"""
    if reason:
        text = f"Invalid index name [{name}], {reason}"
        raise _index_error(400, "invalid_index_name_exception", text, name)


def _index_error(status: int, kind: str, reason: str, name: str) -> ClusterError:
    beside: dict[str, object] = {"index_uuid": "_na_", "index": name}
    if kind == "index_not_found_exception":
        beside = {
            "resource.type": "index_or_alias",
            "resource.id": name,
            **beside,
        }
    return ClusterError(status, kind, reason, beside=beside)


def _uuid(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:22]
