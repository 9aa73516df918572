"""No update of a stack makes anew what has a state, or asks for what it has not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from idle_jobs_cli import __version__
from local.intrinsics import load_template
from local.topology import TEMPLATE
from upgrades import KEPT, RELEASED, kept, lost, written_once

pytestmark = pytest.mark.slow

SOURCE = load_template(TEMPLATE)
BEFORE: dict[str, Any] = json.loads(RELEASED.read_text(encoding="utf-8"))
Resources = dict[str, Any]


def test_nothing_is_lost_by_an_update() -> None:
    """From the version before: what fails here would fail in each stack of a user."""
    assert list(lost(BEFORE, kept(SOURCE))) == []


def test_what_is_compared_is_that_of_the_version_before() -> None:
    """Whoever raises the version writes it anew (`make released`)."""
    assert BEFORE["version"] == __version__


def test_each_kind_of_state_is_in_the_template() -> None:
    """Nothing is compared that is not there, and each queue and log group is."""
    kinds = [resource["Type"] for resource in BEFORE["resources"].values()]

    assert set(kinds) == set(KEPT)
    assert kinds.count("AWS::SQS::Queue") == 4
    assert kinds.count("AWS::Logs::LogGroup") == 3


def test_properties_that_are_written_once_are_those_of_aws() -> None:
    """Two examples from its documentation ("Update requires: Replacement")."""
    assert written_once("AWS::SQS::Queue") == ["FifoQueue", "QueueName"]
    assert written_once("AWS::Logs::LogGroup") == ["LogGroupName"]


def rename(resources: Resources) -> None:
    """Give a queue another logical name."""
    resources["Requests"] = resources.pop("RequestQueue")


def of_another_type(resources: Resources) -> None:
    """Let a role be something else."""
    resources["CloserRole"]["Type"] = "AWS::IAM::ManagedPolicy"


def named(resources: Resources) -> None:
    """Give a topic a name, which it had from CloudFormation before."""
    resources["AlarmTopic"]["Properties"]["TopicName"] = "alarms"


def called_otherwise(resources: Resources) -> None:
    """Change the name of a queue."""
    resources["CloseQueue"]["Properties"]["QueueName"] = "close"


def unprotected(resources: Resources) -> None:
    """Let a log group go with its stack, whatever the operator has asked for."""
    del resources["SweeperLogGroup"]["DeletionPolicy"]


def conditional(resources: Resources) -> None:
    """Make a ledger only in some stacks."""
    resources["Ledger"]["Condition"] = "InVpc"


def drawn_otherwise(resources: Resources) -> None:
    """Give the dashboard another logical name."""
    resources["Picture"] = resources.pop("Dashboard")


def polled_otherwise(resources: Resources) -> None:
    """Give the source of a function's messages another name."""
    events = resources["Closer"]["Properties"]["Events"]
    events["Messages"] = events.pop("CloseMessages")


def without_email(resources: Resources) -> None:
    """Change whom a subscription is for."""
    resources["AlarmSubscription"]["Properties"]["Protocol"] = "sms"


LOSSES: dict[str, Callable[[Resources], object]] = {
    "RequestQueue": rename,
    "CloserRole": of_another_type,
    "AlarmTopic": named,
    "CloseQueue": called_otherwise,
    "SweeperLogGroup": unprotected,
    "Ledger": conditional,
    "Dashboard": drawn_otherwise,
    "CloserCloseMessages": polled_otherwise,
    "AlarmSubscription": without_email,
}


def changed(change: Callable[[Resources], object]) -> dict[str, Any]:
    """Return the template after a change."""
    source = copy.deepcopy(SOURCE)
    change(source["Resources"])
    return source


@pytest.mark.parametrize(("name", "change"), LOSSES.items(), ids=LOSSES)
def test_a_loss_is_noticed(name: str, change: Callable[[Resources], object]) -> None:
    """Each way to make a resource anew, with what its operator would lose."""
    found = list(lost(kept(SOURCE), kept(changed(change))))

    kind = kept(SOURCE)["resources"][name]["Type"]
    assert len(found) == 1
    assert found[0].startswith(f"{name}: {KEPT[kind]}")


def test_another_place_of_the_mode_is_noticed() -> None:
    """A stack that is paused would be in mode `observe` after the update."""
    source = copy.deepcopy(SOURCE)
    shared = source["Globals"]["Function"]["Environment"]["Variables"]
    shared["MODE_PARAMETER"] = "/mode"

    assert [*lost(kept(SOURCE), kept(source))] == [
        "the mode: its parameter has another name"
    ]


def test_another_setting_is_noticed() -> None:
    """One that is renamed is refused where it was set, and missing where it is new."""
    source = copy.deepcopy(SOURCE)
    renamed = source["Parameters"].pop("ClusterUrl")
    source["Parameters"] |= {"Url": renamed, "New": {"Type": "String", "Default": ""}}

    assert [*lost(kept(SOURCE), kept(source))] == [
        "ClusterUrl: who sets it cannot update without removing it",
        "Url: who updates has to give it",
    ]


def test_other_changes_lose_nothing() -> None:
    """A timeout, a name in the alarms, a queue more: each is updated as it stands.

    A dashboard that is left out is only a picture less, and is made when asked for.
    """

    def change(resources: Resources) -> None:
        resources["CloseQueue"]["Properties"]["VisibilityTimeout"] = 900
        resources["AlarmTopic"]["Properties"]["DisplayName"] = "Alarms"
        resources["Closer"]["Properties"]["Timeout"] = 150
        resources["OneMore"] = {"Type": "AWS::SQS::Queue"}
        del resources["Dashboard"]["Condition"]

    assert list(lost(kept(SOURCE), kept(changed(change)))) == []
