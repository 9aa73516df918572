"""Says how far the application may go: `make mode`, `make pause`, `make resume`.

`pause` writes `paused` first and then disables the three event source mappings;
`resume` enables them first and then writes the mode. So whenever either is killed, the
mode still says `paused`: nothing is closed, and running it again finishes it. What is
received in between is given back, and looked at again after an hour.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import boto3

from idle_jobs.messages.terms import Mode
from idle_jobs.modes import MODE_MAX_AGE
from idle_jobs.texts import tidy
from tools.operate.command import NotThere, Options, run
from tools.operate.stack import MAPPING, Stack

# Lambda refuses a change while the one before is under way, which takes up to a minute.
TRIES = 24
NEXT_TRY = 5  # seconds


def pause(stack: Stack) -> None:
    """Let nothing start any more, and no message be received."""
    write_mode(stack, Mode.PAUSED)
    switch_mappings(stack, enabled=False)
    print(f"What runs now notices within {MODE_MAX_AGE} s.")


def resume(stack: Stack, wanted: Mode | None) -> None:
    """Let messages be received again; without a wish, as far as before the pause."""
    mode = wanted or mode_before_pause(stack)
    switch_mappings(stack, enabled=True)
    write_mode(stack, mode)


def show(stack: Stack) -> None:
    """Print the mode, and which mappings a pause left disabled."""
    print(f"mode: {read_mode(stack)}")
    _tell_disabled(stack)


def change(stack: Stack, mode: Mode) -> None:
    """Write the mode alone; the mappings stay as they are."""
    write_mode(stack, mode)
    if mode is not Mode.PAUSED:
        _tell_disabled(stack)


def read_mode(stack: Stack) -> str:
    """Return the mode as the functions read it."""
    ssm, name = boto3.client("ssm"), stack["ModeParameter"]
    try:
        return tidy(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        raise NotThere(f"{name}: expected the mode there, but it was deleted") from None


def write_mode(stack: Stack, mode: Mode) -> None:
    """Write the mode, unless it is that already."""
    before = read_mode(stack)
    if before == mode:
        print(f"mode: {mode}, as before")
        return
    boto3.client("ssm").put_parameter(
        Name=stack["ModeParameter"], Value=mode, Type="String", Overwrite=True
    )
    print(f"mode: {mode}, was {before}")


def mode_before_pause(stack: Stack) -> Mode:
    """Return the newest mode that is not `paused`, of the 100 that AWS remembers."""
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
    """Enable or disable what hands messages to the functions."""
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
    raise NotThere(f"{name}: expected that Lambda lets it be changed within 2 min")


def _tell_disabled(stack: Stack) -> None:
    lambdas = boto3.client("lambda")
    for name, uuid in stack.of_type(MAPPING).items():
        if lambdas.get_event_source_mapping(UUID=uuid)["State"].startswith("Disabl"):
            print(f"{name}: disabled, until `make resume`")


def mode_named(text: str) -> Mode:
    """Read a mode."""
    if text not in set(Mode):
        expected = f"expected one of {', '.join(Mode)}, got {text!r:.60}"
        raise argparse.ArgumentTypeError(expected)
    return Mode(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the three commands."""
    return run(lambda: _main(argv))


def _main(argv: Sequence[str] | None) -> None:
    parser = Options("mode", "Show or change how far the application may go.")
    parser.add_argument("command", choices=["pause", "resume", "mode"])
    parser.add_argument("--mode", type=mode_named)
    options = parser.read(argv)
    if options.command == "pause" and options.mode:
        parser.error("MODE: expected none, since a pause is a mode")
    if options.command == "resume" and options.mode is Mode.PAUSED:
        parser.error("MODE: expected close or observe, since paused does not resume")
    stack = Stack.find(options.stack)
    if options.command == "pause":
        pause(stack)
    elif options.command == "resume":
        resume(stack, options.mode)
    elif options.mode:
        change(stack, options.mode)
    else:
        show(stack)


if __name__ == "__main__":
    sys.exit(main())
