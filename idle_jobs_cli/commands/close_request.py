"""The request that `idle-jobs close` sends: its body, and what to ask before."""

import getpass
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import CLIENT_CONFIG
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request, parse_request
from idle_jobs_cli.exits import BadInput
from idle_jobs_cli.planning.preview import Fate

Body = Mapping[str, Any]

LONGEST_NAME = 256  # of who asks, in a request


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and its jobs that are not closed, if the cluster was read for it.

    `headline` says which cluster was read, and `notes` what else is to be known.
    """

    body: Body
    fates: Sequence[Fate] | None = None
    headline: str = ""
    notes: Sequence[str] = ()

    @property
    def to_close(self) -> int:
        """Return the number of jobs that would not be left as they are."""
        if self.fates is None:
            return int(self.body["expected_jobs"])
        return sum(not fate.left for fate in self.fates)

    @property
    def is_done(self) -> bool:
        """Return whether there is nothing to close that was asked for."""
        return not self.to_close and (not self.fates or self.body["only_if_idle"])

    @property
    def question(self) -> str:
        """Return what to ask a person before the request is sent."""
        if self.fates is None:
            return f"close {count(self.to_close)}, all that {self.body['job_id']} means"
        if (every := len(self.fates)) == self.to_close:
            return f"close {count(every)}"
        return f"close {self.to_close} of these {count(every)}"


def body_of(expression: str, terms: Body, requested_by: str) -> dict[str, Any]:
    """Return the body of the request, without what is the default."""
    given = {name: value for name, value in terms.items() if value}
    who = {"requested_by": requested_by} if requested_by else {}
    return {"job_id": expression, **who, "only_if_idle": False, **given}


def parsed(body: Body) -> Request:
    """Return the request that the Sweeper would read; BadInput if it refuses it.

    Where the number of jobs is not known yet, it is taken to be given.
    """
    now = datetime.now(UTC)
    number = {} if body["only_if_idle"] else {"expected_jobs": 1}
    text = json.dumps(number | dict(body))
    try:
        request = parse_request(text, request_id="new", sent_at=now, now=now)
    except BadBody as bad:
        raise BadInput(str(bad)) from None
    if request.force and (request.only_if_idle or not request.is_exact):
        expected = "expected one exact job id, and no --only-if-idle"
        raise BadInput(f"force: {expected}; without these, it has no effect")
    return request


def identity() -> str:
    """Return the AWS identity of the caller, or else the name of the user here."""
    try:
        caller = boto3.client("sts", config=CLIENT_CONFIG).get_caller_identity()
        return str(caller["Arn"]).split(":")[-1][:LONGEST_NAME]
    except (BotoCoreError, ClientError):
        pass
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # A container may run as a user without a name.
        return ""


def count(jobs: int) -> str:
    """Return `1 job`, `2 jobs`."""
    return f"{jobs} job{'' if jobs == 1 else 's'}"
