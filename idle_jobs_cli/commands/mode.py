"""`idle-jobs mode`, `pause` and `resume`: what a deployed stack may do."""

import click

from idle_jobs.messages.terms import Mode
from idle_jobs_cli.commands.options import command, stack_option
from idle_jobs_cli.stack import mode as modes
from idle_jobs_cli.stack.stack import Stack

RUNNING = (Mode.OBSERVE, Mode.CLOSE)


@command(
    "mode",
    ["idle-jobs mode", "idle-jobs mode close", "idle-jobs mode --stack staging"],
)
@click.argument(
    "wanted", metavar="[MODE]", required=False, type=click.Choice([*map(str, Mode)])
)
@stack_option
def mode(wanted: str | None, stack: str) -> None:
    """Show the mode of a deployed stack, or set it to MODE: observe, close or paused.

    In observe, nothing is closed, and the log says what would be. The other stops of a
    pause are left as they are: see `idle-jobs pause`.
    """
    found = Stack.find(stack)
    if wanted:
        modes.change(found, Mode(wanted))
    else:
        modes.show(found)


@command(
    "pause",
    ["idle-jobs pause"],
)
@stack_option
def pause(stack: str) -> None:
    """Stop a deployed stack: it judges and closes nothing, and receives no messages.

    Requests wait in their queues, for up to six days.
    """
    modes.pause(Stack.find(stack))


@command(
    "resume",
    ["idle-jobs resume", "idle-jobs resume observe"],
)
@click.argument(
    "wanted",
    metavar="[MODE]",
    required=False,
    type=click.Choice([*map(str, RUNNING)]),
)
@stack_option
def resume(wanted: str | None, stack: str) -> None:
    """End the pause of a deployed stack, in the mode from before it or in MODE."""
    modes.resume(Stack.find(stack), Mode(wanted) if wanted else None)
