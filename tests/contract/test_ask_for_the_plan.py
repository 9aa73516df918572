"""What docs/operating.md says of the plan that the Sweeper answers with."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idle_jobs.summary import MOST_LISTED
from local.runner import Runner
from markdown import code, fences
from stacks import START, add_busy, add_idle

PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
SECTION = PAGE.split("## Ask for the plan")[1].split("\n## ")[0]
INVOKE, FILTERS = fences(SECTION, "bash")
FIELDS = code(SECTION.split("`jobs` in `plan.json`")[1].split("\n")[0])
JQ = shutil.which("jq")


@pytest.fixture
def plan(stack: Runner) -> Any:
    """Return the answer to the page's payload: one sent, six held, one kept."""
    add_idle(stack, "old")
    add_busy(stack, "busy")
    for n in range(6):
        add_idle(stack, f"job-{n}", last_data=START - timedelta(hours=50))
    (payload,) = re.findall(r"--payload '([^']+)'", INVOKE)
    return stack.invoke("Sweeper", json.loads(payload))


@pytest.mark.slow
def test_the_fields_of_a_job_are_those_that_are_named(plan: Any) -> None:
    """Each field and each value of `sweep` on the page is in the answer."""
    fields = {name: value for job in plan["jobs"] for name, value in job.items()}
    sweeps = {job.get("sweep", "") for job in plan["jobs"]}

    assert {"action", "reason", "detail", "sweep", "hold_reason", "hold_detail"} <= {
        *fields
    }
    assert {"send", "hold", ""} == sweeps
    assert set(FIELDS) <= {*fields, *sweeps, "observe", "idle-jobs plan"}


@pytest.mark.slow
@pytest.mark.skipif(JQ is None, reason="jq is not installed")
def test_the_filters_find_what_is_sent_and_what_is_held(plan: Any) -> None:
    """Both lines of jq print what the page says, one line for each job."""
    sent, held = (
        subprocess.run(  # noqa: S603 - The page's own words.
            [str(JQ), "-r", *re.findall(r"'([^']+)'", line)],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for line in FILTERS.splitlines()
    )

    assert sent == ["old"]
    assert [f"job-{n}\tsweep_halted" for n in range(6)] == [
        line.rpartition("\t")[0] for line in held
    ]


def test_the_page_says_how_many_jobs_are_listed() -> None:
    """The number is the code's."""
    assert f"At most {MOST_LISTED:,} jobs are listed" in SECTION
