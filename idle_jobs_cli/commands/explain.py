"""`idle-jobs explain JOB`: its options; `explain_answer` has what it does."""

from typing import Any

import click

from idle_jobs.policy.job import JOB_ID
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.commands.options import cluster_options, command
from idle_jobs_cli.output.formats import output_option


def job_id(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """Return the id of one job."""
    if not JOB_ID.fullmatch(text):
        expected = "expected the id of one job, such as web-latency"
        raise click.BadParameter(f"{expected}, got {text!r:.80}")
    return text


@command(
    "explain",
    [
        "idle-jobs explain weekly-upload --url https://elastic.example:9243",
        "idle-jobs explain weekly-upload --stack idle-job-closer",
    ],
)
@click.argument("job", callback=job_id)
@cluster_options
@output_option
def explain(job: str, where: Where, **options: Any) -> None:
    """Show why JOB gets its verdict: each input, each rule, and what would change it.

    It reads the cluster and closes nothing.
    """
    # Not above: the help and the tab key would wait for it.
    from idle_jobs_cli.commands.explain_answer import answer  # noqa: PLC0415

    answer(job, where, **options)
