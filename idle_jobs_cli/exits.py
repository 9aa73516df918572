"""How a command ends: its exit codes, and the errors that lead to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs_cli.output.lines import one_line


class Exit(IntEnum):
    """The exit code of every command."""

    DONE = 0
    COULD_NOT = 1
    ASKED_WRONGLY = 2
    LEFT_FOR_YOU = 3
    INTERRUPTED = 130


class CommandError(Exception):
    """A command that cannot go on: what is wrong, and the next step if one is known."""

    code = Exit.COULD_NOT

    def __init__(self, what: str, then: str = "") -> None:
        super().__init__(what)
        self.then = then


class CouldNot(CommandError):
    """The cluster or AWS refuses, does not answer, or does not have what is needed."""


class BadInput(CommandError):
    """An argument, a variable or a file is wrong; nothing was done."""

    code = Exit.ASKED_WRONGLY


class BadCredentials(Exception):
    """The AWS credentials of the environment or the profile cannot be fetched."""


AWS_ERRORS = (BadCredentials, ClientError, BotoCoreError)


def of_aws(error: Exception) -> CommandError:
    """Return the error of a command for one of `AWS_ERRORS`."""
    text = one_line(str(error))
    if isinstance(error, BadCredentials):
        return BadInput(f"AWS credentials: {text}", "`aws sts get-caller-identity`")
    if isinstance(error, ClientError):
        return CouldNot(f"AWS refused: {text}")
    then = "give credentials and a region: AWS_PROFILE, AWS_DEFAULT_REGION"
    return CouldNot(f"AWS could not be called: {text}", then)


@contextmanager
def another_way(way: str) -> Iterator[None]:
    """Add another way, if there is one, to what can be done about an error."""
    try:
        yield
    except (CommandError, *AWS_ERRORS) as error:
        told = error if isinstance(error, CommandError) else of_aws(error)
        told.then = "; or ".join(filter(None, (told.then, way)))
        raise told from None
