"""The command `idle-jobs`: its commands, in the order in which the help shows them."""

import sys
from collections.abc import Mapping
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from idle_jobs_cli import __version__
from idle_jobs_cli.exits import Exit
from idle_jobs_cli.output.streams import give_up

NAME = "idle-jobs"

# Of each heading, the commands: their modules in `commands/`, and what they do. Those
# under the first heading only read, those under the second change something.
SECTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Look at a cluster or a stack": {
        "plan": ("plan", "Show what a sweep would do with each job, and why."),
        "explain": (
            "explain",
            "Show why one job gets its verdict, and what would change it.",
        ),
        "doctor": (
            "doctor",
            "Test each hop to the cluster, the credential, and the stack.",
        ),
        "history": (
            "history",
            "Show what was closed and why, and what of it is open again.",
        ),
        "report": (
            "report",
            "Write a page for a browser: a plan, and what a stack has saved.",
        ),
        "parked": (
            "parked",
            "List the requests that could not be finished and wait for a person.",
        ),
        "mode": ("mode", "Show or set the mode: observe, close or paused."),
    },
    "Act on a stack": {
        "close": ("close", "Ask the stack to close jobs, after showing which."),
        "undo": ("undo", "Reopen what the stack closed and nobody has touched since."),
        "redrive": ("redrive", "Send parked requests again: they are judged anew."),
        "pause": (
            "mode",
            "Stop the stack: it judges and closes nothing, and receives no messages.",
        ),
        "resume": (
            "mode",
            "End a pause, in the mode from before it or in another one.",
        ),
    },
    "Check a text": {
        "validate": (
            "validate",
            "Check a request, a close message, or settings from a file.",
        ),
        "schema": (
            "validate",
            "Print the JSON Schema of a request, a plan and others.",
        ),
    },
    "Try it without a cluster": {
        "demo": (
            "simulated",
            "Run one simulated day in seconds: what it closes, and why.",
        ),
        "cluster": (
            "simulated",
            "Serve a simulated cluster on this machine, to try the other commands on.",
        ),
        "simulate": (
            "simulated",
            "Run schedules with random faults, or tell one of them as a timeline.",
        ),
    },
    "Set up the shell": {
        "completion": (
            "completion",
            "Print the completion script of a shell: bash, zsh or fish.",
        ),
    },
}
EXIT_CODES: Mapping[Exit, str] = {
    Exit.DONE: "Done.",
    Exit.COULD_NOT: "It could not be done: the cluster or AWS refuses, or does not "
    "answer.",
    Exit.ASKED_WRONGLY: "The command, a variable or a file is wrong. Nothing was done.",
    Exit.LEFT_FOR_YOU: "Done, and something is left for you, such as a parked request.",
    Exit.INTERRUPTED: "Stopped by Ctrl-C.",
}
LISTED = {name: each for section in SECTIONS.values() for name, each in section.items()}


def load(name: str) -> click.Command:
    """Import a command, which has the name of its function."""
    module, _ = LISTED[name]
    loaded = import_module(f"idle_jobs_cli.commands.{module}")
    return getattr(loaded, name)  # type: ignore[no-any-return]


class LazyGroup(click.Group):
    """A group that imports the module of a command only to run it or show its help.

    Together they import boto3 and rich, which takes longer than a person waits for the
    tab key. The commands in `LISTED` are all there is.
    """

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click gives it
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command; None if it is unknown."""
        return load(cmd_name) if cmd_name in LISTED else None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; it is done when the reader of its output, if any, is."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # `| head`
            give_up()
            return Exit.DONE
        return result

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the name of a command, or an option of the group."""
        names = [name for name in LISTED if name.startswith(incomplete)]
        items = [CompletionItem(name, help=LISTED[name][1]) for name in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click gives it
        formatter: click.HelpFormatter,
    ) -> None:
        """Write one list of commands for each heading."""
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, does) for name, (_, does) in commands.items()]
                )

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click gives it
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(c)), t) for c, t in EXIT_CODES.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Stand-ins, for the near misses that click names: did you mean 'plan'?
    commands=[click.Command(name) for name in LISTED],
)
@click.version_option(__version__, "-V", "--version", prog_name=NAME)
def app() -> None:
    """Find Elasticsearch anomaly detection jobs that are open but idle; close them."""
