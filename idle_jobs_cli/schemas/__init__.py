"""JSON Schemas of what is sent to the queues, logged, and set by a job's owner."""

import json
from importlib.resources import files
from typing import Any


def schema(name: str) -> dict[str, Any]:
    """Return a schema: request, close_message, outcome or owner_settings."""
    text = (files(__package__) / f"{name}.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read
