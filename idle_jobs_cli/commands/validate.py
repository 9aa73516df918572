"""`idle-jobs validate` and `schema`: checks what the application would read."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import click

from idle_jobs.messages.close_message import parse_message
from idle_jobs.messages.readers import BadBody, parse_object
from idle_jobs.messages.request import parse_request
from idle_jobs.policy.owner import OUR_KEY, read_owner
from idle_jobs_cli.checking.settings import problems_of
from idle_jobs_cli.checking.settings_file import sections
from idle_jobs_cli.cluster.files import text_of
from idle_jobs_cli.commands.options import command
from idle_jobs_cli.exits import BadInput, Exit
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.schemas import NAMES
from idle_jobs_cli.schemas import schema as schema_of

# As they are typed.
SCHEMAS = {name.replace("_", "-"): name for name in NAMES}


def _of_request(text: str) -> Iterator[str]:
    now = datetime.now(UTC)
    try:
        parse_request(text, request_id="new", sent_at=now, now=now)
    except BadBody as bad:
        yield str(bad)


def _of_close_message(text: str) -> Iterator[str]:
    now = datetime.now(UTC)
    try:
        parse_message(text, sent_at=now, now=now)
    except BadBody as bad:
        yield str(bad)


def _of_owner_settings(text: str) -> Iterator[str]:
    """Yield the problems of an owner's settings: alone, in a job, or in many jobs."""
    try:
        value = parse_object(text)
    except BadBody as bad:
        yield str(bad)
        return
    if isinstance(jobs := value.get("jobs"), list):
        for job in (each for each in jobs if isinstance(each, dict)):
            if problem := read_owner(job.get("custom_settings")).problem:
                yield f"{job.get('job_id', 'a job')}: {problem}"
        return
    if {"custom_settings", "job_id"} & value.keys():
        custom = value.get("custom_settings")
    else:
        custom = value if OUR_KEY in value else {OUR_KEY: value}
    if problem := read_owner(custom).problem:
        yield problem


def _of_settings(text: str) -> Iterator[str]:
    for section, settings in sections(text):
        for problem in problems_of(settings, datetime.now(UTC)):
            yield f"{section}: {problem}" if section else problem


CHECKS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "request": _of_request,
    "close-message": _of_close_message,
    "owner-settings": _of_owner_settings,
    "settings": _of_settings,
}


@command(
    "validate",
    [
        "idle-jobs validate settings samconfig.toml",
        "idle-jobs validate request request.json",
        """echo '{"job_id": "web"}' | idle-jobs validate request""",
    ],
)
@click.argument("kind", metavar="KIND", type=click.Choice([*CHECKS]))
@click.argument("file", default="-", required=False)
def validate(kind: str, file: str) -> Exit:
    """Check the text in FILE, or standard input, as the functions would read it.

    KIND is request, close-message, owner-settings (the value of idle_closer, a job's
    configuration with it, or the answer of Elasticsearch with many) or settings (lines
    of NAME=VALUE, samconfig.toml, or the parameters file of CloudFormation). The exit
    code is 2 if something is wrong.
    """
    text = text_of(file)
    if not text.strip():
        raise BadInput(f"{file}: expected a text, got an empty one")
    problems = list(CHECKS[kind](text))
    for problem in problems:
        click.echo(one_line(problem), err=True)
    if problems:
        return Exit.ASKED_WRONGLY
    print("valid")
    return Exit.DONE


@command(
    "schema",
    ["idle-jobs schema request", "idle-jobs schema plan > plan.schema.json"],
)
@click.argument("kind", metavar="KIND", type=click.Choice([*SCHEMAS]))
def schema(kind: str) -> None:
    """Print the JSON Schema of KIND, for editors and for other programs."""
    print(json.dumps(schema_of(SCHEMAS[kind]), indent=2))
