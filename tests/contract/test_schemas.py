"""The published schemas describe what the code has, and what the pages show."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builders import NOW
from idle_jobs.messages.close_message import CloseMessage, Evidence, parse_message
from idle_jobs.messages.outcome import Ended, Outcome
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.messages.terms import Kind, Origin, Terms
from idle_jobs.policy.owner import OwnerMode, read_owner
from idle_jobs.reasons import Reason
from idle_jobs_cli.schemas import schema
from local.runner import Runner
from markdown import code, table
from reliability.commands import commands
from schemas import NAMES, wrongs
from stacks import add_busy, add_idle, after, sweep, undo

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
REQUEST, MESSAGE, OUTCOME, OWNER = (schema(name)["properties"] for name in NAMES)
TABLE = table((ROOT / "README.md").read_text(encoding="utf-8"), "Field")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: str) -> None:
    """It is valid in its draft, and has a name that needs no address of ours."""
    read = schema(name)
    Draft202012Validator.check_schema(read)

    assert read["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert read["$id"] == f"urn:idle-job-closer:schema:{name}:1"
    assert read["title"]
    assert read["description"].endswith(".")


def plain(default: object) -> str:
    """Return a default as the pages and the descriptions write it."""
    return json.dumps(default).replace('"', "") or "empty"


@pytest.mark.parametrize(
    ("name", "field"), [(n, f) for n in NAMES for f in schema(n)["properties"]]
)
def test_every_field_is_described(name: str, field: str) -> None:
    """In words, with its default; a field of the log says when it is left out."""
    described = schema(name)["properties"][field]
    told, needed = described["description"], schema(name).get("required", ())
    absent = "Left out if " if name == "outcome" else "Default: "

    assert told.endswith(".")
    assert (absent in told) == (field not in needed)
    if "default" in described:
        assert f"Default: {plain(described['default'])}" in told


def patterns(value: object) -> Iterator[str]:
    """Yield every pattern within a schema."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "pattern":
                yield inner
            yield from patterns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from patterns(inner)


@pytest.mark.parametrize("name", NAMES)
def test_patterns_mean_the_same_elsewhere(name: str) -> None:
    """They are read by ECMAScript and Python alike: no classes of letters, no names.

    `$` is the end in ECMAScript, but may stand before a last line end in Python.
    """
    for pattern in patterns(schema(name)):
        assert not re.search(r"\\[dDwWbBAZzpP]|\(\?[P<]", pattern), pattern
        assert not pattern.endswith("$") or pattern.endswith((r"\s*$", ")*$")), pattern


def test_the_fields_of_a_request_are_those_that_are_read() -> None:
    """The parser names them when it refuses another one."""
    with pytest.raises(BadBody) as refused:
        parse_request('{"surprise": 1}', request_id="r", sent_at=NOW, now=NOW)

    assert [*REQUEST] == str(refused.value).split("expected one of ")[1].split(", ")


def test_the_fields_of_a_close_message_are_those_of_the_code() -> None:
    """Those of the message and of its evidence, none more."""
    inner = MESSAGE["evidence"]["properties"]

    assert {*MESSAGE} == {"version", *(f.name for f in fields(CloseMessage))}
    assert {*inner} == {f.name for f in fields(Evidence)}


def test_the_fields_of_an_outcome_are_those_of_the_code() -> None:
    """The terms of the request, and what the outcome has and computes."""
    own = {f.name for f in fields(Outcome)} - {"terms"}
    computed = {n for n, v in vars(Outcome).items() if isinstance(v, property)}

    assert {*OUTCOME} == {f.name for f in fields(Terms)} | own | computed


def test_the_settings_of_an_owner_are_those_that_are_read() -> None:
    """The reader names them when it refuses another one."""
    problem = read_owner({"idle_closer": {"surprise": 1}}).problem

    assert [*OWNER] == problem.split("expected one of ")[1].split(", ")


def test_the_words_are_those_of_the_code() -> None:
    """Each list of words is an enumeration's; `paused` is no mode of a message.

    Nor is `reopen` what it asks for.
    """
    for properties in (MESSAGE, OUTCOME):
        assert properties["origin"]["enum"] == list(Origin)
        assert properties["mode"]["enum"] == ["observe", "close"]
    assert MESSAGE["kind"]["enum"] == ["close", "watch"]
    assert OUTCOME["kind"]["enum"] == list(Kind)
    assert OUTCOME["ended"]["enum"] == list(Ended)
    assert OUTCOME["reason"]["enum"] == list(Reason)
    assert OWNER["mode"]["enum"] == list(OwnerMode)


def defaults(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the defaults that a schema has."""
    return {n: p["default"] for n, p in properties.items() if "default" in p}


def test_the_defaults_are_those_of_the_code() -> None:
    """They are what a body has that leaves the field out."""
    request = parse_request('{"job_id": "web"}', request_id="r", sent_at=NOW, now=NOW)
    needed = {"version": 1, "cluster": "c", "job_id": "web"}
    needed |= {"request_id": "r", "requested_at": "2026-11-23T11:00:00Z"}
    message = parse_message(json.dumps(needed), sent_at=NOW, now=NOW)
    inner = MESSAGE["evidence"]["properties"]

    assert {"only_if_idle": False} | {
        name: getattr(request, name) or value
        for name, value in defaults(REQUEST).items()
    } == defaults(REQUEST)
    assert defaults(MESSAGE) == {n: getattr(message, n) for n in defaults(MESSAGE)}
    assert defaults(inner) == {n: getattr(Evidence(), n) for n in defaults(inner)}
    assert read_owner({"idle_closer": {}}).name == OWNER["owner"]["default"]


def test_the_table_of_the_readme_has_the_fields_and_their_defaults() -> None:
    """In the same order, a default in backticks, and `(empty)` for an empty one."""
    told = {code(row["Field"])[0]: row["Default"] for row in TABLE}
    expected = {
        name: f"`{plain(default)}`".replace("`empty`", "(empty)")
        for name, default in defaults(REQUEST).items()
    }

    assert [*told] == [*REQUEST]
    assert expected == {name: told[name] for name in expected}
    assert all("`" not in told[name] for name in told.keys() - expected.keys())


def objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in a text, but none that is within another."""
    start = text.find("{")
    while start >= 0:
        try:
            value, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            end = start + 1
        else:
            yield value
        start = text.find("{", end)


SHOWN = [
    *objects(TEXT),
    # A body in double quotes has its own escaped.
    *(json.loads(b) for c in commands(TEXT) for b in c.options.get("message-body", ())),
]
EVENTS = {
    name: json.loads(record["body"])
    for name in ("request", "close", "force")
    for record in json.loads((ROOT / "events" / f"{name}.json").read_text())["Records"]
}


def test_the_requests_that_are_shown_are_accepted() -> None:
    """All of the pages, but for that of a drill which is to be parked."""
    requests = [body for body in SHOWN if "job_id" in body and "ended" not in body]
    (canary,) = (body for body in SHOWN if "canary" in body)

    assert len(requests) >= 5
    assert [[]] * len(requests) == [wrongs("request", body) for body in requests]
    assert wrongs("request", EVENTS["request"]) == []
    assert len(wrongs("request", canary)) == 2


@pytest.mark.parametrize("name", ["close", "force"])
def test_the_close_messages_of_the_events_are_accepted(name: str) -> None:
    """What the Closer and the ForceCloser are invoked with is as described."""
    assert wrongs("close_message", EVENTS[name]) == []


def test_the_outcome_that_is_shown_is_accepted() -> None:
    """The example is a line as the functions write it, but for what the logger adds."""
    (line,) = (body for body in SHOWN if "ended" in body)

    assert line.keys() - OUTCOME == {"message"}
    assert wrongs("outcome", line) == []
    assert line["closing"] == f"{line['job_id']}@{line['finished']}"


def test_the_settings_of_an_owner_that_are_shown_are_accepted() -> None:
    """The example has every setting."""
    (shown,) = (body for body in SHOWN if "custom_settings" in body)
    settings = shown["custom_settings"]["idle_closer"]

    assert {*settings} == {*OWNER}
    assert wrongs("owner_settings", settings) == []


@pytest.mark.slow
def test_the_lines_of_a_stack_are_accepted(stack: Runner) -> None:
    """Closed, forced, skipped, parked, reopened; with all that the logger adds."""
    add_idle(stack)
    add_busy(stack, "busy")
    add_busy(stack, "odd", state="failed", datafeed="stopped")
    sweep(stack)
    stack.request(job_id="odd", force=True, reason="broken", requested_by="ann")
    stack.request(job_id="busy", requested_by="ann", only_if_idle=True)
    stack.request(job_id="gone")
    stack.request(job_id="web", surprise=1)
    stack.run(after(hours=1))
    undo(stack)
    lines = list(stack.outcomes())

    assert {line["ended"] for line in lines} == set(Ended)
    assert [[]] * len(lines) == [wrongs("outcome", line) for line in lines]
