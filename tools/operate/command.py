"""What every command shares: its options, its exit codes, one line for each error.

0: done. 1: AWS refused, or has not what was asked for. 2: bad input, or credentials
that cannot be fetched; nothing was done.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from tools.identity import BadCredentials

SAMCONFIG = Path(__file__).parents[2] / "samconfig.toml"


class BadInput(Exception):
    """What the operator typed cannot be acted on; the text says what is expected."""


class NotThere(Exception):
    """AWS has not what a command needs; the text says what is expected."""


class Options(argparse.ArgumentParser):
    """Options that are refused in one line, and never guessed from a prefix."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=command, description=description, allow_abbrev=False)
        whose = "default: the stack_name in samconfig.toml"
        self.add_argument("--stack", type=named, metavar="NAME", help=whose)

    def error(self, message: str) -> NoReturn:
        """Refuse the input."""
        raise BadInput(message)

    def read(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """Read the command line; without a stack's name, take the deployed one's."""
        options = self.parse_args(argv)
        if options.stack is None:
            options.stack = deployed_name()
        return options


def named(text: str) -> str:
    """Read a name; an empty one is a variable that was not set, not a default."""
    if not text:
        raise argparse.ArgumentTypeError("expected a name, got an empty one")
    return text


def deployed_name() -> str:
    """Return the name under which `sam deploy` deploys by default."""
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
        return _report(1, f"AWS could not be asked, {expected}: {error}")
    except KeyboardInterrupt:
        return _report(1, "Stopped; running the command again is safe.")
    return 0


def _report(code: int, text: str) -> int:
    print(" ".join(text.split()), file=sys.stderr)
    return code
