"""Writes the stacks of the template that `make audit` shows to checkov.

checkov does not resolve `!If`, and takes what is behind it for set. So it is shown two
stacks without any: `plain` has the defaults, `guarded` every guardrail that is offered.
"""

import json
import logging
import sys
from pathlib import Path

from configurations import KEYED, configured, resources_of
from local.place import ACCOUNT

GUARDED = KEYED | {
    "KmsKeyArn": f"arn:{{p}}:kms:{{r}}:{ACCOUNT}:key/0a1b2c3d-4e5f",
    "SubnetIds": "subnet-0a1b2c3d,subnet-4e5f6a7b",
    "SecurityGroupIds": "sg-12345678",
    "PermissionsBoundaryArn": f"arn:{{p}}:iam::{ACCOUNT}:policy/boundary",
    "ScheduleTimezone": "Europe/Berlin",
    "AlarmEmail": "ann@example.com",
    "Digest": "daily",
    "DigestEmail": "ann@example.com",
    "CreateDashboard": "true",
    "RequestPrincipals": f"arn:{{p}}:iam::{ACCOUNT}:role/closes",
    "RequestRuleArn": f"arn:{{p}}:events:{{r}}:{ACCOUNT}:rule/close",
}
STACKS = {"plain": KEYED, "guarded": GUARDED}


def write(folder: Path) -> None:
    """Write each stack into a folder, as CloudFormation."""
    # The translator warns that it has not published its metrics.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    folder.mkdir(exist_ok=True)
    for name, parameters in STACKS.items():
        resources = resources_of(configured("aws", **parameters))
        template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
        (folder / f"{name}.json").write_text(json.dumps(template), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
