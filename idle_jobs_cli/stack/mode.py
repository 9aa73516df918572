"""Reads and writes the mode of a deployed stack, and switches what it receives.

The mode parameter is not there until one of these commands writes it.

`pause` writes `paused` first and then disables the three event source mappings;
`resume` enables them first and then writes the mode. So if either is killed halfway,
the mode is `paused`: nothing is closed, and running the command again finishes it.
Messages that are received in that time wait for an hour.
"""

import time
from datetime import UTC, datetime

import boto3

from idle_jobs.messages.terms import Mode
from idle_jobs.modes import MODE_MAX_AGE, last_set
from idle_jobs.texts import tidy
from idle_jobs.times import rfc3339, spoken
from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.output.lines import one_line
from idle_jobs_cli.stack.stack import MAPPING, Stack

NEVER_SET = f"{Mode.OBSERVE}, never set"
# Refuses a typo of whoever writes the parameter in another way.
PATTERN = f"^({'|'.join(Mode)})$"

# Lambda refuses a change while the last one is in progress, which takes up to a minute.
TRIES = 24
NEXT_TRY = 5  # seconds


def pause(stack: Stack) -> None:
    """Write the mode `paused`, then disable the event source mappings."""
    write_mode(stack, Mode.PAUSED)
    switch_mappings(stack, enabled=False)
    print(f"Functions that run now stop within {MODE_MAX_AGE}s.")


def resume(stack: Stack, wanted: Mode | None) -> None:
    """Enable the mappings, then write the mode: by default that before the pause."""
    mode = wanted or mode_before_pause(stack)
    switch_mappings(stack, enabled=True)
    write_mode(stack, mode)


def show(stack: Stack) -> None:
    """Print the mode, when and by whom it was set, and what is disabled."""
    print(f"mode: {_known(stack)}")
    if read_mode(stack) not in set(Mode):
        print(f"No function can read it, so all wait: expected {', '.join(Mode)}.")
    _tell_disabled(stack)


def change(stack: Stack, mode: Mode) -> None:
    """Write the mode only; the mappings do not change."""
    write_mode(stack, mode)
    if mode is not Mode.PAUSED:
        _tell_disabled(stack)


def read_mode(stack: Stack) -> str:
    """Return the mode as the functions read it."""
    return _written(stack) or Mode.OBSERVE


def _written(stack: Stack) -> str:
    """Return the mode that was written, "" if none ever was."""
    ssm = boto3.client("ssm")
    try:
        answer = ssm.get_parameter(Name=stack.mode_parameter)
    except ssm.exceptions.ParameterNotFound:
        return ""
    return tidy(answer["Parameter"]["Value"])


def _known(stack: Stack) -> str:
    """Return the mode with when and by whom it was set."""
    if not (mode := _written(stack)):
        return NEVER_SET
    written = last_set(boto3.client("ssm"), stack.mode_parameter)
    mode = one_line(mode)
    if not written.at:
        return mode
    ago = spoken(datetime.now(UTC) - written.at)
    return f"{mode}, set {ago} ago ({rfc3339(written.at)}) by {written.by}"


def hindrance(mode: str) -> str:
    """Return what becomes of requests in a mode that closes nothing, "" in `close`."""
    match mode:
        case Mode.CLOSE:
            return ""
        case Mode.OBSERVE:
            then = "requests end as `skipped: mode_is_observe`"
        case Mode.PAUSED:
            then = "requests wait until `idle-jobs resume`"
        case _:
            then = "requests wait: expected observe, close or paused"
    return f"mode: {one_line(mode)}, so {then}"


def write_mode(stack: Stack, mode: Mode) -> None:
    """Write the mode if it is another one, and print the change."""
    before = _written(stack)
    if before == mode:
        print(f"mode: {mode}, as before")
        return
    boto3.client("ssm").put_parameter(
        Name=stack.mode_parameter,
        Value=mode,
        Type="String",
        AllowedPattern=PATTERN,
        Description="The mode of the Idle Job Closer: see `idle-jobs mode --help`.",
        Overwrite=True,
    )
    print(f"mode: {mode}, was {before or NEVER_SET}")


def mode_before_pause(stack: Stack) -> Mode:
    """Return the last mode that was not `paused`; AWS keeps 100 values."""
    ssm = boto3.client("ssm")
    pages = ssm.get_paginator("get_parameter_history")
    try:
        versions = [
            (version["Version"], tidy(version["Value"]))
            for page in pages.paginate(Name=stack.mode_parameter)
            for version in page["Parameters"]
        ]
    except ssm.exceptions.ParameterNotFound:
        return Mode.OBSERVE
    values = (value for _, value in sorted(versions, reverse=True))
    running = (Mode(v) for v in values if v in (Mode.OBSERVE, Mode.CLOSE))
    return next(running, Mode.OBSERVE)


def switch_mappings(stack: Stack, *, enabled: bool) -> None:
    """Enable or disable the event source mappings of the functions."""
    for name, uuid in stack.of_type(MAPPING).items():
        _switch(name, uuid, enabled=enabled)
        print(f"{name}: {'enabled' if enabled else 'disabled'}")


def _switch(name: str, uuid: str, *, enabled: bool) -> None:
    lambdas = boto3.client("lambda")
    for _ in range(TRIES):
        try:
            lambdas.update_event_source_mapping(UUID=uuid, Enabled=enabled)
        except lambdas.exceptions.ResourceInUseException:
            time.sleep(NEXT_TRY)
        else:
            return
    raise CouldNot(f"{name}: expected that Lambda accepts a change within 2m")


def _tell_disabled(stack: Stack) -> None:
    lambdas = boto3.client("lambda")
    for name, uuid in stack.of_type(MAPPING).items():
        if lambdas.get_event_source_mapping(UUID=uuid)["State"].startswith("Disabl"):
            print(f"{name}: disabled, until `idle-jobs resume`")
