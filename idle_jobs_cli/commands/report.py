"""`idle-jobs report`: its options; `report_answer` has what it does."""

from datetime import timedelta

import click

from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.file_options import file_named, page_option
from idle_jobs_cli.commands.options import cluster_options, command, since_option


@command(
    "report",
    [
        "idle-jobs report --url https://elastic.example:9243",
        "idle-jobs report --stack idle-job-closer --since 90d",
        "idle-jobs report --plan monday.json --save monday.html",
    ],
)
@cluster_options
@click.option(
    "--plan",
    callback=file_named,
    metavar="FILE",
    help="Show a plan that was saved, and read no cluster.",
)
@since_option("30d", "With --stack: how far to look back.")
@page_option("idle-jobs-report.html")
def report(where: Where, plan: str | None, since: timedelta, file: str) -> None:
    """Write a plan as a page for a browser: charts, and a table to search.

    With --stack, the page also shows what the stack has closed, and what that saved.
    The page is one file that loads nothing. The command closes nothing.
    """
    # Not above: the help and the tab key would wait for it.
    from idle_jobs_cli.commands.report_answer import answer  # noqa: PLC0415

    answer(where, plan, since, file)
