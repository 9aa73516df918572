"""The AWS credentials of whoever runs a tool; what is wrong with them is one line."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.terminal import one_line


class BadCredentials(Exception):
    """The credentials that a shell or a profile names cannot be fetched."""


def fetched(session: boto3.Session | None = None) -> boto3.Session:
    """Return a session whose credentials were fetched, or are not there at all.

    Fetching may ask STS or IAM Identity Center, run a program and read files. botocore
    lets through whatever these raise: a KeyError for a broken token, a ValueError for
    a program's answer.
    """
    try:
        session = session or boto3.Session()
        if credentials := session.get_credentials():
            credentials.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        raise BadCredentials(one_line(str(error))) from error
    except Exception as error:
        why = one_line(f"{type(error).__name__}: {error}")
        raise BadCredentials(f"they could not be fetched: {why}") from error
    return session
