"""Prints the CloudFormation template that a deploy would make of template.yaml."""

import json

from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

if __name__ == "__main__":
    print(json.dumps(translate(load_template(TEMPLATE), {}), indent=2))
