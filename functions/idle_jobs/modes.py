"""The only module that reads the mode parameter, and who wrote it.

The parameter is no resource of the stack, so no deploy can change the mode. It is
written by `idle-jobs mode`; until then it is not there, and the mode is `observe`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import client
from idle_jobs.kept import Kept
from idle_jobs.messages.terms import Mode
from idle_jobs.texts import tidy

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

MODE_MAX_AGE = 30  # seconds
NOBODY = "nobody"


class ModeUnreadable(Exception):
    """The mode parameter is refused, throttled or not a mode."""


@dataclass(frozen=True, slots=True)
class ModeSet:
    """When the mode was written last, and by whom; empty where that is unknown.

    `by` is the ARN of a principal, or NOBODY for a mode that was never set.
    """

    at: datetime | None = None
    by: str = ""

    def age(self, now: datetime) -> timedelta | None:
        """Return how long ago the mode was written, None if that is unknown."""
        return max(now - self.at, timedelta()) if self.at else None


def read_mode(parameter: str, *, fresh: bool = False) -> Mode:
    """Return the mode as it was at most 30 s ago, or as it is now if `fresh`."""
    try:
        value = _modes().get(parameter, fresh=fresh)
        return Mode(tidy(value))
    except (BotoCoreError, ClientError) as error:
        raise ModeUnreadable(f"{parameter} could not be read: {error}") from error
    except ValueError as error:
        modes = ", ".join(Mode)
        why = f"expected one of {modes}, got {value!r:.60}"
        raise ModeUnreadable(f"{parameter}: {why}") from error


def read_mode_set(parameter: str) -> ModeSet:
    """Return when the mode was last written, and by whom, as far as it can be read."""
    ssm = _ssm()
    try:
        return last_set(ssm, parameter)
    except ssm.exceptions.ParameterNotFound:
        return ModeSet(by=NOBODY)
    except (BotoCoreError, ClientError):
        return ModeSet()


def last_set(ssm: "SSMClient", parameter: str) -> ModeSet:
    """Return the last write of the mode; only the history knows who wrote it."""
    pages = ssm.get_paginator("get_parameter_history")
    versions = (
        v for page in pages.paginate(Name=parameter) for v in page["Parameters"]
    )
    last = max(versions, key=itemgetter("Version"), default=None)
    if last is None:
        return ModeSet()
    return ModeSet(last.get("LastModifiedDate"), last.get("LastModifiedUser", ""))


@cache
def _modes() -> Kept[str]:
    return Kept(_stored, timedelta(seconds=MODE_MAX_AGE))


def _stored(parameter: str) -> str:
    """Return what is in a parameter; the mode of a new stack if there is none."""
    ssm = _ssm()
    try:
        return ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return Mode.OBSERVE


def _ssm() -> "SSMClient":
    ssm: SSMClient = client("ssm")
    return ssm
