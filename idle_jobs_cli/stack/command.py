"""What all commands share: options, exit codes, and errors in one line.

0: done. 1: AWS refused, or something does not exist in AWS. 2: bad input, or AWS
credentials that cannot be fetched; nothing was done.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from idle_jobs_cli.cluster.identity import BadCredentials

SAMCONFIG = Path(__file__).parents[2] / "samconfig.toml"


class BadInput(Exception):
    """The input of the operator is not valid; the text says what was expected."""


class NotThere(Exception):
    """Something that a command needs is not in AWS; the text says what was expected."""


class Options(argparse.ArgumentParser):
    """A parser that raises BadInput, and accepts no abbreviated options."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=command, description=description, allow_abbrev=False)
        whose = "default: the stack_name in samconfig.toml"
        self.add_argument("--stack", type=named, metavar="NAME", help=whose)

    def error(self, message: str) -> NoReturn:
        """Raise BadInput."""
        raise BadInput(message)

    def read(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """Return the options; `stack` is by default the name in samconfig.toml."""
        options = self.parse_args(argv)
        if options.stack is None:
            options.stack = deployed_name()
        return options


def named(text: str) -> str:
    """Return a name. An empty one is an error: a variable was not set."""
    if not text:
        raise argparse.ArgumentTypeError("expected a name, got an empty one")
    return text


def deployed_name() -> str:
    """Return the stack name that `sam deploy` uses by default."""
    try:
        config = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8"))
        return str(config["default"]["deploy"]["parameters"]["stack_name"])
    except (OSError, ValueError, LookupError, TypeError):
        raise BadInput(
            "STACK: expected the stack's name, since samconfig.toml has no readable "
            "stack_name in [default.deploy.parameters]"
        ) from None


def run(command: Callable[[], None]) -> int:
    """Run a command; return its exit code."""
    try:
        command()
    except BadInput as error:
        return _report(2, str(error))
    except NotThere as error:
        return _report(1, str(error))
    except BadCredentials as error:
        return _report(2, f"AWS credentials: {error}")
    except ClientError as error:
        return _report(1, f"AWS refused: {error}")
    except BotoCoreError as error:
        expected = "expected credentials and a region (AWS_DEFAULT_REGION)"
        return _report(1, f"AWS could not be called, {expected}: {error}")
    except KeyboardInterrupt:
        return _report(1, "Stopped; running the command again is safe.")
    return 0


def _report(code: int, text: str) -> int:
    print(" ".join(text.split()), file=sys.stderr)
    return code
