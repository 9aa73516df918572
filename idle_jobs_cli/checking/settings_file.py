"""Reads settings in the forms in which people keep them; pure.

These are lines of `NAME=VALUE`, as in a shell or an .env file; a samconfig.toml; what
CloudFormation takes as parameters (a list of `ParameterKey` and `ParameterValue`, a
list of `NAME=VALUE`, or an object `Parameters`); and a plain JSON object.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idle_jobs.texts import tidy
from idle_jobs_cli.exits import BadInput

Settings = dict[str, str]

_JSON = re.compile(r"\{|\[\s*[]{\"]")
_TABLE = re.compile(r"^\s*\[", re.MULTILINE)
_ASSIGNMENT = re.compile(r"(?:export\s+)?([\w.-]+)\s*=\s*(.*)")
_COMMENT = re.compile(r"\s+#.*")
_KEY_AND_VALUE = re.compile(r"ParameterKey=([^,]+),ParameterValue=(.*)", re.DOTALL)


def sections(text: str) -> Iterator[tuple[str, Settings]]:
    """Yield the settings of a text, with the name of their section if it has several.

    Raises BadInput if it is in none of the forms, or has no setting.
    """
    found = [*_sections(tidy(text))]
    if not any(settings for _, settings in found):
        raise BadInput("settings: expected at least one, and found none")
    yield from found


def _sections(text: str) -> Iterator[tuple[str, Settings]]:
    if _JSON.match(text):
        yield "", _of_json(text)
    elif _TABLE.search(text):
        yield from _of_samconfig(text)
    else:
        lines = map(str.strip, text.splitlines())
        words = (_of_line(line) for line in lines if line and not line.startswith("#"))
        yield "", _of_pairs(word for each in words for word in each)


def _of_line(line: str) -> list[str]:
    """Return the settings of a line: one as in an .env file, or several in a shell."""
    if found := _ASSIGNMENT.fullmatch(line):
        line = f"{found[1]}={found[2]}"
    words = _words(line)
    if all("=" in word for word in words):
        return words
    return [_COMMENT.sub("", line)]  # The blanks are part of the value.


def _words(text: str) -> list[str]:
    """Return the words of a text as a shell would read it, without a comment."""
    try:
        return shlex.split(text, comments=True)
    except ValueError as error:
        raise BadInput(f"settings: {text!r:.60}: {error}") from None


def _of_pairs(words: Iterable[str]) -> Settings:
    settings = {}
    for word in words:
        if found := _KEY_AND_VALUE.fullmatch(word):
            settings[found[1]] = found[2]
            continue
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise BadInput(f"settings: expected NAME=VALUE, got {word!r:.60}")
        settings[name.strip()] = value
    return settings


def _of_json(text: str) -> Settings:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"settings: expected JSON: {error!s:.100}") from None
    if isinstance(value, dict) and isinstance(value.get("Parameters"), dict | list):
        value = value["Parameters"]
    return _of_list(value) if isinstance(value, list) else _of_object(value)


def _of_list(values: list[Any]) -> Settings:
    if all(isinstance(each, str) for each in values):
        return _of_pairs(values)
    try:
        # A parameter that keeps its previous value has none here.
        given = [each for each in values if "UsePreviousValue" not in each]
        return _of_object({e["ParameterKey"]: e["ParameterValue"] for e in given})
    except (TypeError, KeyError):
        expected = "expected ParameterKey and ParameterValue in each"
        raise BadInput(f"settings: {expected}") from None


def _of_object(value: Mapping[str, Any]) -> Settings:
    """Return values as CloudFormation takes them: `true`, and not `True`."""
    return {
        str(name): each if isinstance(each, str) else json.dumps(each)
        for name, each in value.items()
    }


def _of_samconfig(text: str) -> Iterator[tuple[str, Settings]]:
    """Yield the parameters of each environment, for `sam deploy` or all commands."""
    try:
        config = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"settings: expected TOML: {error}") from None
    for name, environment in config.items():
        for command in ("global", "deploy"):
            given = environment
            for key in (command, "parameters", "parameter_overrides"):
                given = given.get(key) if isinstance(given, Mapping) else None
            if given is not None:
                yield name, _of_overrides(given)


def _of_overrides(given: object) -> Settings:
    match given:
        case str():
            return _of_pairs(_words(given))
        case list() if all(isinstance(each, str) for each in given):
            return _of_pairs(word for each in given for word in _words(each))
        case Mapping():
            return _of_object(given)
    expected = "parameter_overrides: expected a text, or a list of NAME=VALUE"
    raise BadInput(f"settings: {expected}")
