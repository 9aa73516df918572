"""Fetches the AWS credentials of whoever runs a tool; an error is one line."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs_cli.exits import BadCredentials
from idle_jobs_cli.output.lines import one_line


def fetched(session: boto3.Session | None = None) -> boto3.Session:
    """Return a session, after fetching its credentials if it has any.

    Raises BadCredentials. To fetch them, botocore may call STS or IAM Identity Center,
    run a program or read files. It does not wrap all of their exceptions: a KeyError
    for a broken token, or a ValueError for the output of a program.
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
