"""Says what an update of a stack would lose, compared with the version before.

    python -m upgrades    writes released.json: what the next version has to keep

CloudFormation makes a resource anew, and deletes the old one, when its logical name,
its type, or a property changes that is only written once. cfn-lint knows these
properties from the schemas that AWS publishes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from idle_jobs_cli import __version__
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

RELEASED = Path(__file__).with_name("released.json")

DASHBOARD = "AWS::CloudWatch::Dashboard"
KEPT = {
    "AWS::SQS::Queue": "its messages are lost, and its name is taken until it is gone",
    "AWS::SNS::Topic": "its subscriptions are lost",
    "AWS::SNS::Subscription": "its owner has to confirm it again",
    "AWS::DynamoDB::Table": "nobody can say any more what was closed",
    "AWS::Logs::LogGroup": "its logs are lost, and its name is taken until it is gone",
    "AWS::IAM::Role": "policies elsewhere name it, such as that of a gateway",
    DASHBOARD: "the old one has its name, and is deleted last",
    "AWS::Lambda::EventSourceMapping": "Lambda takes no second one for the same queue",
}
"""What must not be made anew, each type with what that would do."""

Kept = Mapping[str, Any]


def kept(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the next version of a template has to keep."""
    template = translate(source, {})
    functions = (
        resource["Properties"]["Environment"]["Variables"]["MODE_PARAMETER"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    )
    return {
        "version": __version__,
        # It is no resource of the stack, and its name is all that leads to it.
        "mode": next(functions),
        "settings": {
            name: "has a default" if "Default" in parameter else "is needed"
            for name, parameter in sorted(template["Parameters"].items())
        },
        "resources": {
            name: _resource(resource, template["Conditions"])
            for name, resource in sorted(template["Resources"].items())
            if resource["Type"] in KEPT
        },
    }


def lost(before: Kept, now: Kept) -> Iterator[str]:
    """Yield what an update would lose, and why."""
    if now["mode"] != before["mode"]:
        yield "the mode: its parameter has another name"
    yield from _lost_settings(before["settings"], now["settings"])
    for name, old in before["resources"].items():
        what = f"{name}: {KEPT[old['Type']]}"
        new = now["resources"].get(name)
        if new is None or new["Type"] != old["Type"]:
            yield f"{what} (no {old['Type']} has this logical name)"
            continue
        for field in ("Condition", "DeletionPolicy", "UpdateReplacePolicy"):
            if old["Type"] == DASHBOARD and field == "Condition":
                continue  # It holds nothing, so a stack may do without it.
            if old.get(field) != new.get(field):
                yield f"{what} ({field} differs)"
        for path in sorted(old["Properties"].keys() | new["Properties"].keys()):
            if old["Properties"].get(path) != new["Properties"].get(path):
                yield f"{what} ({path} differs)"


def _lost_settings(before: Kept, now: Kept) -> Iterator[str]:
    for name in sorted(before.keys() - now.keys()):
        yield f"{name}: who sets it cannot update without removing it"
    for name, state in now.items():
        if state == "is needed" and before.get(name) != state:
            yield f"{name}: who updates has to give it"


def written_once(kind: str) -> list[str]:
    """Return the properties of a type whose change makes a resource anew."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    names = ("createOnlyProperties", "conditionalCreateOnlyProperties")
    paths = [path for name in names for path in schema.get(name, ())]
    return sorted({path.split("/")[2] for path in paths})


def _resource(resource: Mapping[str, Any], conditions: Mapping[str, Any]) -> Any:
    """Return what is compared of a resource, with its condition spelt out."""
    own = resource.get("Properties", {})
    fields = ("Type", "DeletionPolicy", "UpdateReplacePolicy")
    found = {name: resource[name] for name in fields if name in resource}
    if "Condition" in resource:
        found["Condition"] = _spelt_out(resource["Condition"], conditions)
    once = written_once(resource["Type"])
    return found | {"Properties": {name: own[name] for name in once if name in own}}


def _spelt_out(condition: str, conditions: Mapping[str, Any]) -> Any:
    def read(value: Any) -> Any:
        match value:
            case {"Condition": str(name)}:
                return _spelt_out(name, conditions)
            case dict():
                return {key: read(each) for key, each in value.items()}
            case list():
                return [read(each) for each in value]
        return value

    return read(conditions[condition])


def main() -> None:
    """Write what the next version has to keep."""
    text = json.dumps(kept(load_template(TEMPLATE)), indent=2)
    RELEASED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
