"""Reads and writes the mode of a deployed stack, and switches what it receives.

`pause` writes `paused` first and then disables the three event source mappings;
`resume` enables them first and then writes the mode. So if either is killed halfway,
the mode is `paused`: nothing is closed, and running the command again finishes it.
Messages that are received in that time wait for an hour.
"""

import time

import boto3

from idle_jobs.messages.terms import Mode
from idle_jobs.modes import MODE_MAX_AGE
from idle_jobs.texts import tidy
from idle_jobs_cli.exits import CouldNot
from idle_jobs_cli.stack.stack import MAPPING, Stack

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
    """Print the mode, and the mappings that are disabled."""
    print(f"mode: {read_mode(stack)}")
    _tell_disabled(stack)


def change(stack: Stack, mode: Mode) -> None:
    """Write the mode only; the mappings do not change."""
    write_mode(stack, mode)
    if mode is not Mode.PAUSED:
        _tell_disabled(stack)


def read_mode(stack: Stack) -> str:
    """Return the mode as the functions read it."""
    ssm, name = boto3.client("ssm"), stack["ModeParameter"]
    try:
        return tidy(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        raise CouldNot(f"{name}: expected the mode, but it was deleted") from None


def write_mode(stack: Stack, mode: Mode) -> None:
    """Write the mode if it is another one, and print the change."""
    before = read_mode(stack)
    if before == mode:
        print(f"mode: {mode}, as before")
        return
    boto3.client("ssm").put_parameter(
        Name=stack["ModeParameter"], Value=mode, Type="String", Overwrite=True
    )
    print(f"mode: {mode}, was {before}")


def mode_before_pause(stack: Stack) -> Mode:
    """Return the last mode that was not `paused`; AWS keeps 100 values."""
    pages = boto3.client("ssm").get_paginator("get_parameter_history")
    versions = [
        (version["Version"], tidy(version["Value"]))
        for page in pages.paginate(Name=stack["ModeParameter"])
        for version in page["Parameters"]
    ]
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
