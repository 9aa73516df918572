"""Invokes a function of a stack for the doctor's report."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.stack.stack import Stack

# A cluster that does not answer takes a function its own timeouts, one after another.
PATIENCE = Config(read_timeout=310, retries={"max_attempts": 0})


def examine_function(stack: Stack, name: str) -> list[dict[str, str]]:
    """Return the findings of a function, or one that says why there are none."""
    answer = boto3.client("lambda", config=PATIENCE).invoke(
        FunctionName=stack[name], Payload=json.dumps({"doctor": True})
    )
    try:
        told: Any = json.loads(answer["Payload"].read())
    except ValueError:
        told = None
    if isinstance(told, Mapping) and isinstance(told.get("findings"), list):
        return [dict(finding) for finding in told["findings"]]
    why = told.get("errorMessage", "") if isinstance(told, Mapping) else ""
    return [
        {
            "check": "function",
            "level": "fail",
            "saw": one_line(str(why)) or "it gave no report",
            "next": f"read the last error in the log group /aws/lambda/{stack[name]}; "
            "a function that is older than this command has no doctor",
        }
    ]
