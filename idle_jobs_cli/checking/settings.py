"""Finds what is wrong with settings; pure.

A name is `IdleAfter`, the parameter of the template, or `IDLE_AFTER`, the variable of
the functions and of `idle-jobs plan`. A parameter takes no more than the template does.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from difflib import get_close_matches

from idle_jobs.policy.rules import Rules
from idle_jobs.settings import (
    OWN_READERS,
    RULE_READERS,
    VARIABLES,
    read_variables,
    too_short_to_force,
)
from idle_jobs.texts import tidy
from idle_jobs.variables import zone_of
from idle_jobs_cli.checking.parameters import PARAMETERS, variable_of
from idle_jobs_cli.checking.schedules import alarm_too_early
from idle_jobs_cli.checking.together import broken_rules
from idle_jobs_cli.cluster.variables import EVERY_NAME

Settings = Mapping[str, str]

READERS = {**RULE_READERS, **OWN_READERS}
# The last ones are read by Powertools and by `idle-jobs plan`, and are not checked.
_KNOWN = {*PARAMETERS, *VARIABLES, "POWERTOOLS_LOG_LEVEL", *EVERY_NAME}
ALIKE = 0.7
# The defaults of the template.
SCHEDULE = {
    "ScheduleExpression": "cron(0 * * * ? *)",
    "ScheduleTimezone": "",
    "SweepAlarmHours": "2",
}


def problems_of(settings: Settings, now: datetime) -> Iterator[str]:
    """Yield what is wrong with settings, each with its name as it was given."""
    rules: dict[str, str] = {}
    names: dict[str, str] = {}
    wrong = False
    for name, text in settings.items():
        variable = variable_of(name) if name in PARAMETERS else name
        if name not in _KNOWN:
            yield f"{name}: unknown{_near(name)}"
            continue
        if name != variable and variable in settings:
            yield f"{name}: {variable} is given, too"
        problem = _problem(name, variable, text)
        if problem:
            yield problem
        if variable in RULE_READERS:
            rules[variable], names[variable] = text, name
            wrong |= bool(problem)
    for problem in () if wrong else _contradictions(rules):
        yield re.sub(r"[A-Z_]{2,}", lambda word: names.get(word[0], word[0]), problem)
    yield from _schedule(settings, now)
    yield from broken_rules(settings)


def _problem(name: str, variable: str, text: str) -> str:
    """Return what is wrong with one setting, "" for nothing."""
    taken = PARAMETERS.get(name)
    if taken and not taken.takes(tidy(text)):
        return f"{name}: expected {taken.says}, got {text!r:.80}"
    problems: list[str] = []
    if reader := READERS.get(variable):
        read_variables({name: text}, {name: reader}, problems)
    return "".join(problems)


def _contradictions(given: Settings) -> Iterator[str]:
    """Yield what is wrong with several settings; those not given are the defaults."""
    read = read_variables(given, {v: RULE_READERS[v] for v in given}, [])
    standard = {field.name: field.default for field in fields(Rules)}
    if {"FORCE_AFTER", "PARK_AFTER"} & given.keys():
        yield from too_short_to_force(standard | read)


def _schedule(settings: Settings, now: datetime) -> Iterator[str]:
    """Yield what is wrong with the schedule and its alarm, by the template's names."""
    given = {name: settings[name] for name in SCHEDULE if name in settings}
    if not all(PARAMETERS[name].takes(tidy(text)) for name, text in given.items()):
        return
    expression, zone, hours = (SCHEDULE | given).values()
    try:
        zone_of(zone)
    except ValueError as error:
        yield f"ScheduleTimezone: {error}"
        return
    if given and (then := alarm_too_early(expression, zone, int(hours), now)):
        yield f"SweepAlarmHours: {then}"


def _near(name: str) -> str:
    """Return the known name like this one, in the form in which this one is given."""
    bare = {_bare(each): each for each in (*_KNOWN,)}
    bare |= {_bare(each): each for each in PARAMETERS}
    if name.upper() == name or "_" in name:
        bare |= {_bare(each): each for each in READERS}
    alike = get_close_matches(_bare(name), bare, n=1, cutoff=ALIKE)
    return f", did you mean {bare[alike[0]]}?" if alike else ""


def _bare(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())
