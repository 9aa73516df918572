"""What several commands share: their class, and the options for cluster and stack."""

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import click

from idle_jobs.times import duration
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.stack.names import default_stack

Command = Callable[..., Any]
AWS_SERVICES = ("execute-api", "es", "lambda", "vpc-lattice-svcs")


class WithExamples(click.Command):
    """A command whose help ends with examples; a test runs each of them."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, a line each, as they are typed."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_text("\b\n" + "\n".join(self.examples))


def command(name: str, examples: Sequence[str]) -> Callable[[Command], WithExamples]:
    """Return a decorator that makes a command of a function; `app` has to list it."""
    return click.command(name, cls=WithExamples, examples=examples)


def _settings(
    _ctx: click.Context, _param: click.Parameter, given: Sequence[str]
) -> Mapping[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, sign, _ in pairs:
        if not sign:
            raise click.BadParameter(f"expected NAME=VALUE, got {name!r:.60}")
    return {name.strip(): value for name, _, value in pairs}


_CLUSTER_OPTIONS = (
    click.option("--url", metavar="URL", help="Elasticsearch, or its gateway."),
    click.option("--cloud-id", metavar="ID", help="The same, on Elastic Cloud."),
    click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="The certificates to trust.",
    ),
    click.option(
        "--fingerprint",
        metavar="HEX",
        help="The SHA-256 fingerprint of the CA to trust.",
    ),
    click.option(
        "--sign",
        type=click.Choice(AWS_SERVICES),
        metavar="SERVICE",
        help=f"Sign with AWS credentials, for {', '.join(AWS_SERVICES)}.",
    ),
    click.option(
        "--stack",
        metavar="NAME",
        help="Read cluster, settings and secret of this deployed stack.",
    ),
    click.option(
        "--set",
        "given",
        multiple=True,
        callback=_settings,
        metavar="NAME=VALUE",
        help="Use another value for a setting, such as IDLE_AFTER=4d.",
    ),
)


def cluster_options(read: Command) -> Command:
    """Add the options that say which cluster to read; they arrive as `where`."""

    @functools.wraps(read)
    def with_where(**options: Any) -> Any:
        where = _taken(options, Where.__dataclass_fields__)
        return read(where=Where(**where), **options)

    return _with(_CLUSTER_OPTIONS, with_where)


def _taken(options: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Take options away; return those that were given."""
    taken = {name: options.pop(name) for name in names}
    return {name: value for name, value in taken.items() if value}


def _with(options: Sequence[Callable[[Command], Command]], act: Command) -> Command:
    """Add options, in the order in which the help shows them."""
    for option in reversed(options):
        act = option(act)
    return act


_REACH_OPTIONS = (
    click.option(
        "--url",
        metavar="URL",
        help="Another address of the stack's cluster, to read it from here.",
    ),
    click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="The certificates to trust, if the stack has a CaBundle.",
    ),
    click.option(
        "--fingerprint",
        metavar="HEX",
        help="The same, as the SHA-256 fingerprint of the CA.",
    ),
)


def reach_options(act: Command) -> Command:
    """Add how this machine reaches the cluster of a stack; it arrives as `where`."""

    @functools.wraps(act)
    def with_where(**options: Any) -> Any:
        reach = _taken(options, ("url", "ca_file", "fingerprint"))
        return act(where=Where(stack=options["stack"], **reach), **options)

    return _with(_REACH_OPTIONS, with_where)


def stack_option(act: Command) -> Command:
    """Add `--stack`, by default that of the environment or of samconfig.toml."""
    return click.option(
        "--stack",
        default=lambda: default_stack(os.environ),
        callback=_named,
        metavar="NAME",
        help="The deployed stack. Default: IDLE_JOBS_STACK, or the stack_name in the "
        "samconfig.toml of this folder.",
    )(act)


def since_option(default: str, told: str) -> Callable[[Command], Command]:
    """Return what adds `--since`, a span of time."""
    return click.option(
        "--since",
        default=default,
        show_default=True,
        callback=_span,
        metavar="TIME",
        help=told,
    )


def _span(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _named(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    if not text:
        raise click.BadParameter(
            "expected the name of a stack: give --stack, or set IDLE_JOBS_STACK; this "
            "folder has no samconfig.toml with a stack_name in "
            "[default.deploy.parameters]"
        )
    return text
