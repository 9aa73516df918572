"""`_cat/tasks`: the tasks as a table, for people or in a form for machines."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from standin.cluster.call import Call, Reply
from standin.cluster.errors import ClusterError
from standin.cluster.human import write_time
from standin.cluster.ml import MachineLearning
from standin.cluster.tasks import find_tasks
from standin.cluster.times import EPOCH, MILLISECOND


class _Column(NamedTuple):
    name: str
    aliases: str
    meaning: str
    shown: bool = True

    def answers(self, asked: str) -> bool:
        return any(
            fnmatchcase(name, asked) for name in (self.name, *self.aliases.split(","))
        )


# Source: RestTasksAction and RestTable of versions 7 and 8.
_COLUMNS = (
    _Column("id", "", "id of the task with the node", shown=False),
    _Column("action", "ac", "task action"),
    _Column("task_id", "ti", "unique task id"),
    _Column("parent_task_id", "pti", "parent task id"),
    _Column("type", "ty", "task type"),
    _Column("start_time", "start", "start time in ms"),
    _Column("timestamp", "ts,hms,hhmmss", "start time in HH:MM:SS"),
    _Column("running_time_ns", "time", "running time ns", shown=False),
    _Column("running_time", "time", "running time"),
    _Column("node_id", "ni", "unique node id", shown=False),
    _Column("ip", "i", "ip address"),
    _Column("port", "po", "bound transport port", shown=False),
    _Column("node", "n", "node name"),
    _Column("version", "v", "es version", shown=False),
)
_OPAQUE_ID = _Column("x_opaque_id", "x", "X-Opaque-ID header", shown=False)
_DESCRIPTION = _Column("description", "desc", "task action")


def cat_tasks(ml: MachineLearning, call: Call) -> Reply:
    """List the tasks that have a node, those that began first at the top."""
    columns = _columns(ml, call)
    if call.flag("help", False):
        return Reply(_aligned([(c.name, c.aliases, c.meaning) for c in columns], " | "))
    rows = [_row(ml, call, task) for task in find_tasks(ml, call)]
    _sort(rows, f"{call.given.get('s', '')},start_time", columns)
    chosen = _chosen(columns, call.given.get("h"))
    lines = [[row[column.name] for _, column in chosen] for row in rows]
    head = [[name for name, _ in chosen]] if call.flag("v", False) else []
    body: list[dict[str, object]] = [
        {name: row[column.name] for name, column in chosen} for row in rows
    ]
    return Reply(body, table=_aligned([*head, *lines], " ", padded=False))


def _columns(ml: MachineLearning, call: Call) -> list[_Column]:
    # That 8.0 brought the opaque id is Elastic's own test's word; its alias is assumed.
    columns = [*_COLUMNS, *([_OPAQUE_ID] if ml.since(8, 0) else [])]
    return [*columns, _DESCRIPTION] if call.flag("detailed", False) else columns


def _row(ml: MachineLearning, call: Call, task: Mapping[str, Any]) -> dict[str, str]:
    began = EPOCH + task["start_time_in_millis"] * MILLISECOND
    nanos = task["running_time_in_nanos"]
    ran = timedelta(microseconds=nanos // 1000)
    whole = call.flag("full_id", False)
    return {
        "id": str(task["id"]),
        "action": task["action"],
        "task_id": f"{ml.node_id}:{task['id']}",
        "parent_task_id": task.get("parent_task_id", "-"),
        "type": task["type"],
        "start_time": str(task["start_time_in_millis"]),
        "timestamp": began.strftime("%H:%M:%S"),
        "running_time_ns": str(nanos),
        "running_time": write_time(ran, str(call.given.get("time", ""))),
        "node_id": ml.node_id if whole else ml.node_id[:4],
        "ip": "127.0.0.1",
        "port": "9300",
        "node": ml.node_name,
        "version": ml.version,
        "x_opaque_id": task["headers"].get("X-Opaque-Id", "-"),
        "description": task.get("description", ""),
    }


def _chosen(columns: Sequence[_Column], asked: object) -> list[tuple[str, _Column]]:
    """Choose what is shown, each with the name that it is shown under."""
    if asked is None:
        return [(each.name, each) for each in columns if each.shown]
    chosen: dict[str, _Column] = {}
    for name in str(asked).split(","):
        exact = [each for each in columns if each.name == name]
        for each in exact or [each for each in columns if each.answers(name)]:
            chosen[each.name if "*" in name else name] = each
    return list(chosen.items())


def _sort(rows: list[dict[str, str]], asked: str, columns: Sequence[_Column]) -> None:
    for order in reversed([each for each in asked.split(",") if each]):
        name, _, way = order.partition(":")
        found = [each.name for each in columns if each.answers(name)]
        if not found or way not in {"", "asc", "desc"}:
            reason = f"Unable to sort by unknown sort key `{order}`"
            raise ClusterError(500, "unsupported_operation_exception", reason)
        rows.sort(key=lambda row: _key(row[found[0]]), reverse=way == "desc")


def _key(text: str) -> tuple[int, str]:
    return (int(text) if text.isdigit() else 0, text)


def _aligned(
    lines: Sequence[Sequence[str]], between: str, *, padded: bool = True
) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if not padded and widths:
        widths[-1] = 0
    return "".join(
        between.join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        )
        + "\n"
        for line in lines
    )
