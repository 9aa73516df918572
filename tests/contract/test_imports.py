"""What a handler imports: a cold start waits for each module of it."""

import subprocess
import sys
from functools import cache

import pytest

from contract.test_arrows import ROOT

HANDLERS = ("sweeper", "closer", "force_closer", "reopener")
# Each takes at least 10 ms of a cold start, and no function needs it.
UNUSED = (
    "asyncio",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "aws_lambda_powertools.utilities.parameters",
    "boto3",
    "multiprocessing",
    "s3transfer",
    "unittest",
)


@cache
def imported() -> set[str]:
    """Return the modules that are there when all handlers have been imported."""
    code = f"import sys; sys.path.insert(0, '.'); import {', '.join(HANDLERS)}"
    # -I: nothing of the environment, which may import more for the tests.
    command = [sys.executable, "-I", "-c", f"{code}; print(*sys.modules)"]
    run = subprocess.run(  # noqa: S603 - our own interpreter
        command, cwd=ROOT / "functions", capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("name", UNUSED)
def test_a_handler_does_not_import_what_it_does_not_need(name: str) -> None:
    """A new import of a package may bring it back, and nothing else would tell."""
    assert name not in imported()
