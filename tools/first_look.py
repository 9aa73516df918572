"""Tests the stack that was just deployed, and says what to do next.

    python -m tools.first_look staging

The test is that of `idle-jobs doctor`.
"""

import os
import sys

import boto3
import click
from botocore.exceptions import ClientError

from idle_jobs_cli.__main__ import main as idle_jobs
from idle_jobs_cli.exits import Exit
from tools.samconfig import FILE, Wrong, kept

# A stack that has only a changeset, which was not confirmed.
NOT_YET = "REVIEW_IN_PROGRESS"


@click.command()
@click.argument("environment", default="default")
def main(environment: str) -> None:
    """Run the doctor on the stack of an environment; the exit code is the doctor's."""
    deployment = kept(environment)
    if not deployment:
        raise Wrong(f"{FILE} has no [{environment}.deploy.parameters]")
    own = boto3.Session().region_name
    # What sam read of the file, the commands read of the environment.
    os.environ["AWS_DEFAULT_REGION"] = deployment.region
    if deployment.profile:
        os.environ["AWS_PROFILE"] = deployment.profile
    stack = deployment.stack
    if not is_deployed(stack):
        click.echo(f"{stack} was not deployed: the changes were not confirmed.")
        sys.exit(Exit.COULD_NOT)
    code = idle_jobs(["doctor", "--stack", stack])
    click.echo(f"\n{next_step(code, stack)}")
    if own != deployment.region:
        click.echo(f"First: export AWS_DEFAULT_REGION={deployment.region}")
    # What is left for a person, such as to confirm a subscription, is no failure.
    sys.exit(Exit.DONE if code == Exit.LEFT_FOR_YOU else code)


def is_deployed(stack: str) -> bool:
    """Return whether the stack has ever been made."""
    cloud = boto3.client("cloudformation")
    try:
        (found,) = cloud.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return bool(found["StackStatus"] != NOT_YET)


def next_step(code: int, stack: str) -> str:
    """Return what to do after the doctor's report."""
    if code not in {Exit.DONE, Exit.LEFT_FOR_YOU}:
        return (
            f"{stack} is deployed, but it cannot work yet. Do what the report says\n"
            f"after each `fail`, and test it again: make doctor STACK={stack}"
        )
    return (
        f"{stack} works. A new stack observes: it closes nothing until you set its\n"
        "mode.\n"
        f"  make plan STACK={stack}               # what it would close, and why\n"
        f"  make mode STACK={stack} MODE=close    # when you agree\n"
        "docs/first-week.md says what to look at before."
    )


if __name__ == "__main__":
    main(prog_name="make deploy")
