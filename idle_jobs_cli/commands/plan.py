"""`idle-jobs plan`: its options; `plan_answer` has what it does."""

from typing import Any

import click

from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.file_options import file_named
from idle_jobs_cli.commands.options import cluster_options, command
from idle_jobs_cli.commands.plan_filters import filter_options
from idle_jobs_cli.output.formats import output_option


@command(
    "plan",
    [
        "idle-jobs plan --url https://elastic.example:9243",
        "idle-jobs plan --stack idle-job-closer --verdict close",
        "idle-jobs plan --set IDLE_AFTER=4d -o json | jq .summary",
        "idle-jobs plan --save monday.json",
        "idle-jobs plan --diff monday.json",
    ],
)
@cluster_options
@filter_options
@output_option
@click.option(
    "--save",
    "file",
    callback=file_named,
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the whole plan into a file, for --diff.",
)
@click.option(
    "--diff",
    "old",
    callback=file_named,
    metavar="FILE",
    help="Show what changed since a plan that was saved; - is standard input.",
)
def plan(where: Where, **options: Any) -> None:
    """Show what a sweep would do with each job that is not closed, and why.

    It reads the cluster and closes nothing. An API key with the cluster privilege
    monitor_ml is enough: ES_API_KEY, or ES_USERNAME and ES_PASSWORD.
    """
    # Not above: the help and the tab key would wait for it.
    from idle_jobs_cli.commands.plan_answer import answer  # noqa: PLC0415

    answer(where, **options)
