"""What the log tells of the end of a request for a job."""

from collections.abc import Mapping
from typing import Any

Line = Mapping[str, Any]


def outcome_in(line: Line) -> Line | None:
    """Return the outcome that a line tells, if it tells one.

    A scheduled sweep tells in the line of its verdict that it holds a job.
    """
    if line["message"] == "outcome":
        return line
    if line["message"] != "verdict" or line.get("sweep") != "hold":
        return None
    held = {name: value for name, value in line.items() if name != "memory_bytes"}
    why = {"reason": line["hold_reason"]}
    if detail := line.get("hold_detail", line.get("detail")):
        why["detail"] = detail
    return {**held, "message": "outcome", "ended": "skipped", **why}
