"""`idle-jobs completion SHELL`: completes commands and options with the tab key."""

import click
from click.shell_completion import get_completion_class

from idle_jobs_cli.commands.options import command


@command(
    "completion",
    [
        'eval "$(idle-jobs completion bash)"',
        "idle-jobs completion fish > ~/.config/fish/completions/idle-jobs.fish",
    ],
)
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL complete the commands and options of idle-jobs.

    Put the first example into ~/.bashrc, and the same with zsh into ~/.zshrc.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    root = ctx.find_root()
    name = root.info_name or "idle-jobs"
    print(kind(root.command, {}, name, "_IDLE_JOBS_COMPLETE").source())
