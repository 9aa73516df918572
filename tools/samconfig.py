"""Reads and writes samconfig.toml, where the answers of a person are kept for sam."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError

from idle_jobs_cli.checking.parameters import PARAMETERS
from idle_jobs_cli.checking.settings import problems_of
from idle_jobs_cli.checking.settings_file import sections
from idle_jobs_cli.checking.together import NEEDED
from idle_jobs_cli.exits import BadInput, Exit

FILE = Path("samconfig.toml")
EXAMPLE = Path("samconfig.example.toml")
FUNCTIONS = Path("functions")
# The longest name of a queue has 80 characters, and one is <stack name>-requests.
STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
# What needs no quotes in an item of parameter_overrides.
PLAIN = re.compile(r"[\w.,:/@*+-]*")
# What the services of a stack find in its own region only.
REGIONAL = ("SecretArn", "ReadSecretArn", "ExistingTopicArn", "KmsKeyArn")

Settings = dict[str, str]


class Wrong(click.ClickException):
    """A file or an option that is wrong: a line, without a usage."""

    exit_code = Exit.ASKED_WRONGLY


@dataclass(frozen=True, slots=True)
class Deployment:
    """What samconfig.toml says of one stack."""

    stack: str
    region: str
    profile: str | None
    settings: Settings


def kept(environment: str) -> Deployment | None:
    """Return what the file says of the stack of an environment, None for nothing."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    try:
        return _kept(environment, text)
    except (tomllib.TOMLDecodeError, AttributeError, TypeError) as error:
        raise Wrong(f"{FILE}: expected what sam reads: {error}") from None


def _kept(environment: str, text: str) -> Deployment | None:
    found = tomllib.loads(text).get(environment, {})
    given: dict[str, Any] = {}
    for command in ("global", "deploy"):
        given |= found.get(command, {}).get("parameters", {})
    if not given and "deploy" not in found:
        return None
    settings: Settings = {}
    try:
        for name, some in sections(text):
            settings |= some if name == environment else {}
    except BadInput as bad:
        raise Wrong(f"{FILE}: {bad}") from None
    return Deployment(
        stack=str(given.get("stack_name", "")),
        region=str(given.get("region") or own_region()),
        profile=given.get("profile"),
        settings=settings,
    )


def own_region() -> str:
    """Return the region of the environment, as boto3 finds it; "" for none."""
    try:
        return boto3.Session().region_name or ""
    except BotoCoreError as error:
        raise Wrong(f"{error}. Next: AWS_PROFILE chooses a profile") from None


def problems_in(deployment: Deployment) -> list[str]:
    """Return all that is wrong, which CloudFormation would say after the upload."""
    settings = deployment.settings
    named = [
        f"{name}: expected a parameter of template.yaml"
        for name in settings
        if name not in PARAMETERS
    ]
    return [
        *filter(None, [wrong_stack(deployment.stack), wrong_region(deployment.region)]),
        *(f"{name}: it is needed" for name in NEEDED if name not in settings),
        *(named or problems(settings, deployment.region)),
    ]


def wrong_stack(name: str) -> str:
    """Return what is wrong with the name of a stack."""
    if STACK.fullmatch(name):
        return ""
    return (
        "stack_name: expected a letter, and then up to 70 letters, digits and "
        f"hyphens, got {name!r:.80}"
    )


def wrong_region(name: str) -> str:
    """Return what is wrong with the name of a region."""
    if name and PARAMETERS["SigningRegion"].takes(name):
        return ""
    return f"region: expected one such as eu-west-1, got {name!r:.80}"


def problems(settings: Settings, region: str) -> list[str]:
    """Return what is wrong with settings, also with those that do not go together."""
    return [*problems_of(settings, datetime.now(UTC)), *_not_there(settings, region)]


def _not_there(settings: Settings, region: str) -> Iterator[str]:
    """Yield what a stack in this region, or the build, would not find."""
    for name in REGIONAL:
        _, _, _, where, *_ = f"{settings.get(name)}::::".split(":")
        if where and region and where != region:
            yield f"{name}: expected one in {region}, like the stack, got {where}"
    bundle = settings.get("CaBundle")
    if bundle and not (FUNCTIONS / bundle).is_file():
        yield f"CaBundle: expected a file in functions/, which has no {bundle!r:.80}"


def keep(environment: str, given: Mapping[str, Any], settings: Settings) -> None:
    """Add a section to the file; what is there already stays as it is."""
    lines = [] if FILE.exists() else ["version = 0.1"]
    lines += ["", f"[{environment}.deploy.parameters]"]
    # JSON's texts, lists and switches are TOML's, too.
    lines += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in given.items()]
    lines += ["parameter_overrides = ["]
    for name, value in settings.items():
        text = value if PLAIN.fullmatch(value) else json.dumps(value)
        lines += [f"    {json.dumps(f'{name}={text}', ensure_ascii=False)},"]
    with FILE.open("a", encoding="utf-8") as file:
        file.write("\n".join([*lines, "]", ""]))
