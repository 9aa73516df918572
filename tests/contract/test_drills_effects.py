"""docs/drills.md: what it sends does what it says, and its numbers are true."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOW
from conformance.requesting import TEST_USER
from conformance.targets import in_process, new_cluster
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import parse_request
from idle_jobs.reasons import Reason
from idle_jobs.times import spoken
from local.intrinsics import load_template
from local.topology import TEMPLATE, Topology
from markdown import anchor, fences, headings, links, table
from reliability.commands import commands
from rows.translated import ALARM, of_type, rings_after
from standin.cluster import Request

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "drills.md", DOCS / "reliability.md"]
DRILLS = PAGES[0].read_text(encoding="utf-8")
RESOURCES = load_template(TEMPLATE)["Resources"]
BODIES = [
    command.options["message-body"][0]
    for command in commands(DRILLS)
    if "message-body" in command.options
]


def defined(function: str) -> str:
    """Return what a function of the drills does."""
    return DRILLS.split(f"\n{function}() {{\n")[1].split("\n}\n")[0]


def test_the_drills_request_closes_one_job() -> None:
    """It names the drill's job exactly, so it may close it whatever it does."""
    request = parse_request(BODIES[0], request_id="m-1", sent_at=NOW, now=NOW)

    assert ("drill-1", True, None) == (
        request.job_id,
        request.is_exact,
        request.only_if_idle,
    )


def test_an_outcome_is_that_of_the_last_request() -> None:
    """Each request has an id of its own, which the log is asked for."""
    request = parse_request(BODIES[0], request_id="m-1", sent_at=NOW, now=NOW)

    assert "$DRILL" == request.request_id
    assert 'DRILL="drill-$(date +%s)"' in defined("ask")
    assert '\\$.request_id = \\"$DRILL\\"' in defined("ended")


def test_the_canary_must_park() -> None:
    """It names no job, so the Sweeper can only park it, for the reason that is told."""
    with pytest.raises(BadBody) as refused:
        parse_request(BODIES[1], request_id="m-1", sent_at=NOW, now=NOW)

    assert Reason.BAD_REQUEST is refused.value.reason
    assert {"request_id": "$CANARY", "canary": True} == json.loads(BODIES[1])


def test_the_policy_takes_a_right_that_the_role_has() -> None:
    """What the broken role is denied is what it needs to receive."""
    (denied,) = (c for c in commands(DRILLS) if "policy-document" in c.options)
    (statement,) = json.loads(denied.options["policy-document"][0])["Statement"]

    assert "Deny" == statement["Effect"]
    assert f'"{statement["Action"]}"' in json.dumps(RESOURCES["CloserRole"])


def test_the_drills_job_can_be_made() -> None:
    """A cluster takes the lines for the Dev Tools; the job is open then."""
    cluster = new_cluster("8.9.0")
    ask = in_process(cluster)
    (lines,) = fences(DRILLS, "text")
    calls = re.findall(r"^([A-Z]+) (\S+)\n(\{.*\})?", lines, re.MULTILINE)
    sent = {"content-type": "application/json", "authorization": TEST_USER}
    answers = [
        ask(Request(method, f"/{path}", sent, body.encode()))
        for method, path, body in calls
    ]

    assert [200, 200] == [answer.status for answer in answers]
    assert "opened" == cluster.state_of("drill-1", NOW)


def test_nothing_is_asked_before_what_is_broken_is_broken() -> None:
    """Lambda disables a mapping, and hears of a role's loss, some time after."""
    text = DRILLS.split("## Row 23")[1].split("### Watch")[0]
    mapping, role = (
        [" ".join(command.words[:3]) for command in commands(block)]
        for block in re.findall(r"```bash\n.*?```\n", text, re.DOTALL)[1:]
    )

    assert ["state", "sleep 5", "ask"] == mapping[-3:]
    assert ["sleep 180", "ask"] == role[-2:]


def time_to_ring(alarm: dict[str, Any]) -> timedelta:
    """Return after how long an age rings: it has to be over for all periods."""
    return timedelta(seconds=alarm["Threshold"] + rings_after(alarm))


def test_the_numbers_are_those_of_the_template() -> None:
    """How long a drill takes to ring, and what it costs a message, is deployed so."""
    close = Topology.load().queues["CloseQueue"]
    missing = rings_after(of_type(ALARM)["SweepMissing"])
    kept = RESOURCES["Sweeper"]["Properties"]["EventInvokeConfig"]

    assert [row["Value"] for row in table(DRILLS, "Number")] == [
        spoken(time_to_ring(of_type(ALARM)["QueueOld"])),
        spoken(timedelta(seconds=missing)),
        spoken(timedelta(seconds=kept["MaximumEventAgeInSeconds"])),
        spoken(timedelta(seconds=close.visibility)),
        f"{close.max_receive_count}",
        spoken(timedelta(seconds=close.retention)),
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link is a heading of a page or a file of this repository."""
    for link in sorted(set(links(page.read_text(encoding="utf-8")))):
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page

        assert target.exists(), link
        if heading:
            found = headings(target.read_text(encoding="utf-8"))
            assert heading in map(anchor, found), link
