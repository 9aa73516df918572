"""docs/deploying.md lists the services that whoever deploys needs."""

from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate
from markdown import code, table

PAGE = (TEMPLATE.parent / "docs" / "deploying.md").read_text(encoding="utf-8")
# Beside those of the resources: the deployment itself, and what parameters name.
BESIDE = {"cloudformation", "s3", "ec2", "kms"}


def test_every_service_of_the_template_is_listed() -> None:
    """And no other: a new kind of resource is a right that a deployer may not have."""
    resources = translate(load_template(TEMPLATE), {})["Resources"].values()
    used = {resource["Type"].split("::")[1].lower() for resource in resources}
    told = [word for row in table(PAGE, "Service") for word in code(row["Service"])]

    assert {*told} == used | BESIDE
    assert len(told) == len({*told})
