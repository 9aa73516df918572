"""Invokes a function of a stack directly, and returns its answer."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.stack.stack import Stack

# A cluster that does not answer takes a function its own timeouts, one after another.
# Meanwhile nothing is sent, and a firewall may forget the connection.
PATIENCE = Config(read_timeout=310, tcp_keepalive=True, retries={"max_attempts": 0})


def ask_function(
    stack: Stack, name: str, event: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the answer of a function; CouldNot with its error if it fails."""
    answer = boto3.client("lambda", config=PATIENCE).invoke(
        FunctionName=stack[name], Payload=json.dumps(event)
    )
    try:
        told: Any = json.loads(answer["Payload"].read())
    except ValueError:
        told = None
    why = told.get("errorMessage") if isinstance(told, Mapping) else ""
    if isinstance(told, Mapping) and not why:
        return told
    log = f"the log group /aws/lambda/{stack[name]}"
    raise CouldNot(
        one_line(str(why)) or "it gave no report", f"read the last error in {log}"
    )


def examine_function(stack: Stack, name: str) -> list[dict[str, str]]:
    """Return the findings of a function, or one that says why there are none."""
    try:
        told = ask_function(stack, name, {"doctor": True})
        findings, why, then = told.get("findings"), "it gave no report", ""
    except CouldNot as error:
        findings, why, then = None, str(error), f"{error.then}; "
    if isinstance(findings, list):
        return [dict(finding) for finding in findings]
    older = "a function that is older than this command has no doctor"
    return [
        {"check": "function", "level": "fail", "saw": why, "next": f"{then}{older}"}
    ]
