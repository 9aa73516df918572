"""The entry point of `idle-jobs` and of `python -m idle_jobs_cli`."""

import sys
from collections.abc import Sequence

import click

from idle_jobs_cli.app import NAME, app
from idle_jobs_cli.exits import AWS_ERRORS, CommandError, Exit, of_aws
from idle_jobs_cli.output.lines import complain
from idle_jobs_cli.output.streams import give_up, prepare


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. An error is one line on stderr."""
    prepare()
    try:
        return int(app.main(argv, prog_name=NAME, standalone_mode=False) or Exit.DONE)
    except CommandError as error:
        complain(str(error), error.then)
        return error.code
    except AWS_ERRORS as error:
        told = of_aws(error)
        complain(str(told), told.then)
        return told.code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return Exit.ASKED_WRONGLY
    except click.UsageError as error:
        of = error.ctx.command_path if error.ctx else NAME
        complain(error.format_message(), f"`{of} --help`")
        return Exit.ASKED_WRONGLY
    except click.ClickException as error:
        complain(error.format_message())
        return Exit.COULD_NOT
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except OSError as error:
        complain(f"the system refuses: {error}")
        give_up()
        return Exit.COULD_NOT


if __name__ == "__main__":
    sys.exit(main())
