"""The command `idle-jobs`: its commands, in the order in which the help shows them."""

from collections.abc import Mapping, Sequence

import click

from idle_jobs_cli import __version__
from idle_jobs_cli.commands.close import close
from idle_jobs_cli.commands.completion import completion
from idle_jobs_cli.commands.explain import explain
from idle_jobs_cli.commands.mode import mode, pause, resume
from idle_jobs_cli.commands.parked import parked
from idle_jobs_cli.commands.plan import plan
from idle_jobs_cli.commands.redrive import redrive
from idle_jobs_cli.commands.simulated import cluster, demo, simulate
from idle_jobs_cli.commands.validate import schema, validate

NAME = "idle-jobs"

# A command that only reads stands under the first heading, one that changes something
# under the second.
SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "Look at a cluster or a stack": (plan, explain, parked, mode),
    "Act on a stack": (close, redrive, pause, resume),
    "Check a text": (validate, schema),
    "Try it without a cluster": (demo, cluster, simulate),
    "Set up the shell": (completion,),
}


class Sections(click.Group):
    """A group whose help shows the commands under headings."""

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click gives it
        formatter: click.HelpFormatter,
    ) -> None:
        """Write one list of commands for each heading."""
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(c.name or "", c.short_help or "") for c in commands]
                )


EXIT_CODES = """\b
Exit codes:
  0    done
  1    it could not be done: the cluster or AWS refuses, or does not answer
  2    the command, a variable or a file is wrong; nothing was done
  3    done, and something is left for you, such as a parked request
  130  stopped by Ctrl-C"""


@click.group(
    cls=Sections,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[c for commands in SECTIONS.values() for c in commands],
)
@click.version_option(__version__, "-V", "--version", prog_name=NAME)
def app() -> None:
    """Find Elasticsearch anomaly detection jobs that are open but idle; close them."""
