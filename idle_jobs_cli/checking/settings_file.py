"""Reads settings in the forms in which people keep them, and finds what is wrong; pure.

These are lines of `NAME=VALUE`, a samconfig.toml, the parameters file of CloudFormation
(a list of `ParameterKey` and `ParameterValue`, or an object `Parameters`), and a plain
JSON object. A name is `IdleAfter`, as the parameter, or `IDLE_AFTER`, as the variable.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from idle_jobs.settings import (
    OWN_READERS,
    RULE_READERS,
    read_variables,
    too_short_to_force,
)
from idle_jobs_cli.exits import BadInput

Settings = dict[str, str]

READERS = {**RULE_READERS, **OWN_READERS}
# Parameters that only the template reads.
OF_THE_STACK = frozenset(
    {
        "AlarmEmail",
        "ClusterArn",
        "ForcesPerDay",
        "LogLevel",
        "ScheduleExpression",
        "ScheduleTimezone",
        "SweepAlarmHours",
    }
)
# The template adds the folder of the functions.
_NOT_HERE = frozenset({"CA_BUNDLE"})


def sections(text: str) -> Iterator[tuple[str, Settings]]:
    """Yield the settings of a text, with the name of their section if it has several.

    Raises BadInput if it is in none of the forms.
    """
    if text.lstrip().startswith(("{", "[{")) or text.strip() == "[]":
        yield "", _of_json(text)
        return
    if re.search(r"^\s*\[[\w.-]+\]\s*$", text, re.MULTILINE):
        yield from _of_samconfig(text)
        return
    yield (
        "",
        _of_pairs(
            line
            for line in map(str.strip, text.splitlines())
            if line[:1] not in ("", "#")
        ),
    )


def problems_of(settings: Settings) -> list[str]:
    """Return what is wrong with settings, each with its name as it was given."""
    given, problems = {}, []
    variables = {_bare(variable): variable for variable in READERS}
    for name, text in settings.items():
        if variable := variables.get(_bare(name)):
            given[variable] = (name, text)
        elif name not in OF_THE_STACK:
            problems.append(f"{name}: unknown{_near(name, variables)}")
    for variable, (name, text) in given.items():
        wrong: list[str] = []
        if variable not in _NOT_HERE:
            read_variables({variable: text}, {variable: READERS[variable]}, wrong)
        problems += [each.replace(variable, name, 1) for each in wrong]
    rules: list[str] = []
    texts = {v: text for v, (_, text) in given.items() if v in RULE_READERS}
    read = read_variables(texts, {v: RULE_READERS[v] for v in texts}, rules)
    return problems + ([] if rules else list(too_short_to_force(read)))


def _of_json(text: str) -> Settings:
    try:
        value: Any = json.loads(text)
    except ValueError as error:
        raise BadInput(f"settings: expected JSON: {error}") from None
    if isinstance(value, dict) and isinstance(value.get("Parameters"), dict):
        value = value["Parameters"]
    if isinstance(value, list):
        try:
            value = {each["ParameterKey"]: each["ParameterValue"] for each in value}
        except (TypeError, KeyError):
            expected = "expected ParameterKey and ParameterValue in each"
            raise BadInput(f"settings: {expected}") from None
    return {name: _text(each) for name, each in value.items()}


def _text(value: object) -> str:
    """Return a value as CloudFormation takes it: `true`, and not `True`."""
    return value if isinstance(value, str) else json.dumps(value)


def _of_samconfig(text: str) -> Iterator[tuple[str, Settings]]:
    try:
        config: Mapping[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"settings: expected TOML: {error}") from None
    for name, environment in config.items():
        deploy = environment.get("deploy", {}) if isinstance(environment, dict) else {}
        overrides = deploy.get("parameters", {}).get("parameter_overrides")
        if overrides is not None:
            given = shlex.split(overrides) if isinstance(overrides, str) else overrides
            yield name, _of_pairs(given)


def _of_pairs(lines: Iterable[str]) -> Settings:
    settings = {}
    for line in lines:
        name, sign, value = line.removeprefix("export ").partition("=")
        if not sign:
            raise BadInput(f"settings: expected NAME=VALUE, got {line!r:.60}")
        settings[name.strip()] = value.strip().strip("\"'")
    return settings


def _bare(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _near(name: str, variables: Mapping[str, str]) -> str:
    known = {**variables, **{_bare(each): each for each in OF_THE_STACK}}
    alike = get_close_matches(_bare(name), known, n=1, cutoff=0.7)
    return f", did you mean {known[alike[0]]}?" if alike else ""
