"""Asks for the settings of a stack, and keeps them in samconfig.toml for `sam deploy`.

    python -m tools.answers staging

`sam deploy --guided` asks, too, but checks no answer: CloudFormation refuses a wrong
one after the upload. What has been answered is checked again, and not asked again.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import click

from idle_jobs_cli.checking.parameters import PARAMETERS
from tools.samconfig import (
    EXAMPLE,
    FILE,
    Deployment,
    Settings,
    Wrong,
    keep,
    kept,
    own_region,
    problems,
    problems_in,
    wrong_region,
    wrong_stack,
)

# The services that check signatures, by what an ARN of theirs has in the third place.
SERVICES = {"es": "es", "lambda": "lambda", "vpc-lattice": "vpc-lattice-svcs"}
NO_MORE = (
    f"the input ended before the last answer, so none is kept. Without a terminal, "
    f"write {FILE} yourself: {EXAMPLE} shows how"
)
ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]+")


@click.command()
@click.argument("environment", default="default")
def main(environment: str) -> None:
    """Ask for what samconfig.toml does not have, and check all that it has."""
    if not ENVIRONMENT.fullmatch(environment):
        raise Wrong(
            "ENV: expected letters, digits, - and _, such as staging, "
            f"got {environment!r:.80}"
        )
    deployment = kept(environment) or asked(environment)
    if problems := problems_in(deployment):
        for problem in problems:
            click.echo(f"{FILE}: {environment}: {problem}", err=True)
        raise Wrong(
            "nothing was deployed: correct the file, or remove the section "
            f"[{environment}.deploy.parameters], to be asked"
        )
    click.echo(
        f"The stack {deployment.stack} in {deployment.region}. Its settings are in\n"
        f"{FILE}, under [{environment}.deploy.parameters]. Change them there."
    )


def asked(environment: str) -> Deployment:
    """Ask for the settings that matter first; return and keep what was answered."""
    click.echo(
        f"The settings of a new stack, which {FILE} will keep. Enter takes what\n"
        "is in brackets, or nothing. After Ctrl-C none is kept. docs/operating.md\n"
        "describes each setting."
    )
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["default"]["deploy"]
    given: Mapping[str, Any] = example["parameters"]
    suffix = "" if environment == "default" else f"-{environment}"
    stack = _answer("Name of the stack", given["stack_name"] + suffix, wrong_stack)
    region = _answer("Region of the stack", own_region(), wrong_region)
    settings = {name: value for name, value in ask_settings(region).items() if value}
    keep(environment, {**given, "stack_name": stack, "region": region}, settings)
    return Deployment(stack, region, None, settings)


def ask_settings(region: str) -> Settings:
    """Ask for the parameters that matter first, and then for any other."""
    settings: Settings = {}

    def put(name: str, question: str, default: str = "", *, last: bool = False) -> None:
        def wrong(text: str) -> str:
            # The last of those that go together is where they are seen not to.
            given = settings | {name: text}
            found = problems(given, region) if last else alone(name, text, region)
            return "\n  ".join(found)

        settings[name] = _answer(f"{question} ({name})", default, wrong)

    put("ClusterName", "Name of the cluster, in metrics and alarms")
    put("ClusterUrl", "URL of Elasticsearch, or of the gateway in front of it")
    put("AuthMode", "How a call proves who sends it: sigv4, api_key, basic", "sigv4")
    if settings["AuthMode"] == "sigv4":
        put("ClusterArn", "ARN that the functions may call, or Enter to give a role")
        if not settings["ClusterArn"]:
            put("RoleArn", "ARN of a role to sign as", last=True)
        _, _, named, *_ = f"{settings['ClusterArn']}:::".split(":")
        service = SERVICES.get(named, "execute-api")
        put("SigV4Service", "Service that checks the signature", service)
    put("SecretArn", "ARN of the secret with the credential", last=True)
    put("AlarmEmail", "E-mail address for the alarms", last=True)
    _ask_others(settings, region)
    return settings


def _ask_others(settings: Settings, region: str) -> None:
    """Ask for other settings until none is left and all go together."""
    while True:
        text = _answer(
            "Another setting (IdleAfter=4d), or Enter to go on", "", _anything
        )
        name, sign, value = (part.strip() for part in text.partition("="))
        wrong = alone(name, value, region) if name else problems(settings, region)
        if name and (name not in PARAMETERS or not sign):
            wrong = [f"expected NAME=VALUE of a parameter, got {text!r:.80}", *wrong]
        if wrong:
            click.echo("\n".join(f"  {each}" for each in wrong))
        elif name:
            settings[name] = value
        else:
            return


def alone(name: str, text: str, region: str) -> list[str]:
    """Return what is wrong with one setting, whatever the others will be."""
    found = problems({name: text}, region)
    return [each for each in found if each.startswith(f"{name}:")]


def _anything(_text: str) -> str:
    return ""


def _answer(question: str, default: str, wrong: Callable[[str], str]) -> str:
    """Return an answer in which nothing is wrong; a wrong one is asked for again."""
    while True:
        try:
            given = click.prompt(question, default=default, show_default=bool(default))
        except click.Abort as abort:
            if isinstance(abort.__context__, EOFError):
                click.echo()
                raise Wrong(NO_MORE) from None
            raise
        answer = str(given).strip()
        if not (problem := wrong(answer)):
            return answer
        click.echo(f"  {problem}")


if __name__ == "__main__":
    main(prog_name="make deploy")
