"""Tells which AWS account and region a deployment would go to, as boto3 finds them.

    python -m tools.aws_account staging

It prints a line for the region and one for the credentials, like tools/prerequisites.
"""

import sys

import boto3
import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from tools.samconfig import FILE, kept, own_region, wrong_region

QUICK = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
NO_REGION = "set AWS_DEFAULT_REGION, or a region of your profile: aws configure"
NO_ACCOUNT = "aws sso login, or aws configure; AWS_PROFILE chooses a profile"
NO_WAY = "check the region{}, and the way to AWS: HTTPS_PROXY, AWS_CA_BUNDLE"


@click.command()
@click.argument("environment", default="default")
def main(environment: str) -> None:
    """Print the two lines; the exit code is 1 if one fails."""
    found = kept(environment)
    try:
        session = boto3.Session(
            region_name=found.region or None if found else None,
            profile_name=found.profile if found else None,
        )
    except BotoCoreError as error:
        fail("AWS credentials", str(error), NO_ACCOUNT)
    region = session.region_name or ""
    of_file = f" in {FILE}" if found and found.region != own_region() else ""
    if wrong := wrong_region(region):
        then = f"correct the region{of_file}" if of_file else NO_REGION
        fail("AWS region", wrong if region else "no region is set", then)
    line("ok", "AWS region", region)
    try:
        asked = session.client("sts", config=QUICK).get_caller_identity()
    except (NotConnected, HTTPClientError) as error:
        fail("AWS credentials", str(error), NO_WAY.format(of_file))
    except (BotoCoreError, ClientError) as error:
        fail("AWS credentials", str(error), NO_ACCOUNT)
    line("ok", "AWS credentials", f"account {asked['Account']}, as {asked['Arn']}")


def line(level: str, what: str, says: str) -> None:
    """Print one line, in the form of tools/prerequisites."""
    click.echo(f"{level:<5} {what:<16} {' '.join(says.split())}")


def fail(what: str, says: str, then: str) -> None:
    """Print what failed and what to do next, and end."""
    line("fail", what, f"{says.rstrip('.')}. Next: {then}")
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="make prerequisites")
