"""The only module that reads the mode parameter."""

from datetime import datetime
from functools import cache

import boto3
from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs.aws import CLIENT_CONFIG
from idle_jobs.messages.terms import Mode
from idle_jobs.texts import tidy

MODE_MAX_AGE = 30  # seconds


class ModeUnreadable(Exception):
    """The mode parameter is missing, refused, throttled or not a mode."""


def read_mode(parameter: str, *, fresh: bool = False) -> Mode:
    """Return the mode as it was at most 30 s ago, or as it is now if `fresh`."""
    try:
        value = _store().get(parameter, max_age=MODE_MAX_AGE, force_fetch=fresh)
        return Mode(tidy(str(value)))
    except (GetParameterError, BotoCoreError, ClientError) as error:
        raise ModeUnreadable(f"{parameter} could not be read: {error}") from error
    except ValueError as error:
        modes = ", ".join(Mode)
        why = f"expected one of {modes}, got {value!r:.60}"
        raise ModeUnreadable(f"{parameter}: {why}") from error


def mode_set_at(parameter: str) -> datetime | None:
    """Return when the mode was last written, None if that cannot be read."""
    try:
        answer = _store().client.get_parameter(Name=parameter)
    except (BotoCoreError, ClientError):
        return None
    return answer["Parameter"].get("LastModifiedDate")


@cache
def _store() -> SSMProvider:
    # With the default session of boto3: a new one loads the data of botocore again.
    return SSMProvider(boto3_client=boto3.client("ssm", config=CLIENT_CONFIG))
