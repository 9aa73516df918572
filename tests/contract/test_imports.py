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


def after_imports(code: str, *handlers: str) -> list[str]:
    """Return the words that some code prints when handlers have been imported.

    It finds in `during` whether `idle_jobs.aws` was there at each search for garbage.
    """
    lines = (
        "import gc, sys",
        "sys.path.insert(0, '.')",
        "during = []",
        "gc.callbacks.append(lambda *_: during.append('idle_jobs.aws' in sys.modules))",
        f"import {', '.join(handlers)}",
        code,
    )
    # -I: nothing of the environment, which may import more for the tests.
    command = [sys.executable, "-I", "-c", "\n".join(lines)]
    run = subprocess.run(  # noqa: S603 - our own interpreter
        command, cwd=ROOT / "functions", capture_output=True, text=True, check=True
    )
    return run.stdout.split()


@cache
def imported() -> list[str]:
    """Return the names of the modules that handlers import."""
    return after_imports("print(*sys.modules)", *HANDLERS)


@pytest.mark.parametrize("name", UNUSED)
def test_a_handler_does_not_import_what_it_does_not_need(name: str) -> None:
    """A new import of a package may bring it back, and nothing else would tell."""
    assert name not in imported()


@pytest.mark.parametrize("handler", HANDLERS)
def test_no_garbage_is_looked_for_while_a_function_starts(handler: str) -> None:
    """It is from then on, among what an invocation makes."""
    code = "print(any(during), gc.isenabled(), gc.get_freeze_count() > 50_000)"

    assert ["False", "True", "True"] == after_imports(code, handler)
