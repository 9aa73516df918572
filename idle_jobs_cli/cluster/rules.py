"""The settings by which a command judges, and those that differ from the defaults."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from idle_jobs.policy.rules import Rules
from idle_jobs.settings import RULE_READERS, read_variables, too_short_to_force
from idle_jobs.texts import tidy
from idle_jobs_cli.cluster.misspelt import misspelt

Given = Mapping[str, str]


def rules_in(environ: Given) -> dict[str, str]:
    """Return the settings of an environment by their names; an empty one is none."""
    return {n: environ[n] for n in RULE_READERS if tidy(environ.get(n, ""))}


def known(given: Given | None, problems: list[str]) -> dict[str, str]:
    """Return the settings that exist; append a problem for each other one."""
    unknown = [name for name in given or {} if name not in RULE_READERS]
    for name in unknown:
        alike = list(misspelt([name], RULE_READERS, ()))
        problems += alike or [f"{name}: expected one of {', '.join(RULE_READERS)}"]
    return {name: text for name, text in (given or {}).items() if name not in unknown}


def rules_of(given: Given, problems: list[str]) -> Rules:
    """Return the rules with these settings; append to `problems`."""
    readers = {name: RULE_READERS[name] for name in given}
    rules = read_variables(given, readers, problems)
    standard = {field.name: field.default for field in fields(Rules)}
    problems += too_short_to_force(standard | rules)
    return Rules(**rules)


def differing(given: Given, rules: Rules) -> dict[str, str]:
    """Return the settings that are not as by default, as they were given."""
    return dict(_differing(given, rules))


def _differing(given: Given, rules: Rules) -> Iterator[tuple[str, str]]:
    for name, text in given.items():
        if getattr(rules, name.lower()) != getattr(Rules(), name.lower()):
            yield name, text.strip()
