"""`idle-jobs demo`, `cluster` and `simulate`: the application without a real cluster.

What they run is no part of the product: it lies in worlds/ of the repository, and in
`simulated/` of an installed package, with the functions that it drives.
"""

import importlib
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from idle_jobs_cli.commands.file_options import page_option
from idle_jobs_cli.commands.options import command
from idle_jobs_cli.exits import CouldNot

HERE = Path(__file__).parents[1]
# `simulated/` is laid out as the repository is.
HOME = HERE / "simulated" if (HERE / "simulated").exists() else HERE.parent
FOR_A_STACK = ("moto", "samtranslator", "time_machine")
EXTRA = "in a clone: pipx install --force '.[demo]', or: make demo"


def _world(name: str, *needs: str) -> Any:
    """Import a module of worlds/; CouldNot if a package that it needs is missing."""
    if missing := [each for each in needs if not find_spec(each)]:
        raise CouldNot(f"this needs the package {missing[0]}", EXTRA)
    for folder in ("worlds", "functions"):
        if str(HOME / folder) not in sys.path:
            sys.path.insert(0, str(HOME / folder))
    return importlib.import_module(name)


@command(
    "demo",
    ["idle-jobs demo", "idle-jobs demo --faults --save day.html"],
)
@click.option("--faults", is_flag=True, help="Add outages, lost answers and a crash.")
@page_option("idle-jobs-demo.html")
def demo(faults: bool, file: str) -> int:
    """Run one day in seconds: the real functions, a simulated cluster, no AWS.

    The day is also written as a page for a browser, as `idle-jobs report` writes it.
    """
    from idle_jobs_cli.page.file import check_place  # noqa: PLC0415 - it is for no help

    check_place(file)
    os.environ["FAULTS"] = "1" if faults else os.environ.get("FAULTS", "")
    return int(_world("local.demo", *FOR_A_STACK).main(file))


@command(
    "cluster",
    [
        "idle-jobs cluster",
        "idle-jobs cluster --port 9210 --control-port 9211 --version 8.19.0",
    ],
)
@click.option(
    "--port",
    default=9200,
    type=click.IntRange(1, 65_535),
    show_default=True,
    help="The port of the cluster.",
)
@click.option(
    "--control-port",
    type=click.IntRange(1, 65_535),
    help="A port to turn its clock and make it fail.",
)
@click.option(
    "--version",
    "version",
    default="",
    metavar="VERSION",
    help="The version of Elasticsearch, from 7.14.0 on.",
)
def cluster(port: int, control_port: int | None, version: str) -> int:
    """Serve the jobs of the demo on 127.0.0.1, until Ctrl-C."""
    given = {"PORT": str(port), "VERSION": version}
    control = {"CONTROL_PORT": str(control_port)} if control_port else {}
    # As an exception, Ctrl-C could get lost wherever a server is just started.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    return int(_world("local.serve").main({**given, **control}))


@command(
    "simulate",
    ["idle-jobs simulate 18", "idle-jobs simulate --schedules 20"],
)
@click.argument("seed", required=False, type=click.IntRange(min=0))
@click.option(
    "--schedules", type=click.IntRange(min=1), help="How many to run.  [default: 1000]"
)
@click.option(
    "--first", type=click.IntRange(min=0), help="The first seed.  [default: 0]"
)
@click.option("--job", metavar="ID", help="Tell only what happened to this job.")
def simulate(
    seed: int | None, schedules: int | None, first: int | None, job: str | None
) -> int:
    """Tell the schedule SEED as a timeline; without SEED, run many and sum them up.

    A schedule is some hours of requests, faults and people that seed decides. For each
    request, the end has to be the right one, and no job is closed that is in use.
    """
    ours = ("SEED", "SCHEDULES", "FIRST")
    environ = {name: os.environ[name] for name in ours if name in os.environ}
    given = {"SEED": seed, "SCHEDULES": schedules, "FIRST": first, "JOB": job}
    set_ones = {name: str(value) for name, value in given.items() if value is not None}
    world = _world("simulation.__main__", *FOR_A_STACK, "greenlet")
    return int(world.main(environ | set_ones))
