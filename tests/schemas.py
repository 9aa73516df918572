"""What the tests of the published schemas share: who accepts a value."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from builders import NOW
from idle_jobs.messages.close_message import parse_message
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.policy.owner import read_owner
from idle_jobs_cli.schemas import schema

NAMES = ("request", "close_message", "outcome", "owner_settings")
# `plan` and `event` have tests of their own.


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a schema."""
    return Draft202012Validator(schema(name))


def wrongs(name: str, value: object) -> list[str]:
    """Return what a schema says against a value."""
    return [error.message for error in validator(name).iter_errors(value)]


def read(name: str, value: Any) -> bool:
    """Return whether the product reads a value: a body, or an owner's settings."""
    if name == "owner_settings":
        return not read_owner({"idle_closer": value}).problem
    try:
        if name == "close_message":
            parse_message(json.dumps(value), sent_at=NOW, now=NOW)
        else:
            parse_request(json.dumps(value), request_id="r", sent_at=NOW, now=NOW)
    except BadBody:
        return False
    return True
