"""JSON Schemas of what the application and the command read and write."""

import json
from importlib.resources import files
from typing import Any

NAMES = ("request", "close_message", "outcome", "owner_settings", "plan", "event")


def schema(name: str) -> dict[str, Any]:
    """Return one of these schemas, with those that it refers to."""
    text = (files(__package__) / f"{name}.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    if name == "event":
        read["$defs"]["outcome"] = schema("outcome")
    return read
