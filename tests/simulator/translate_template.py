"""Prints the CloudFormation template that a deploy would make of template.yaml."""

import json

from simulator.intrinsics import load_template
from simulator.topology import TEMPLATE
from simulator.translation import translate

if __name__ == "__main__":
    print(json.dumps(translate(load_template(TEMPLATE), {}), indent=2))
