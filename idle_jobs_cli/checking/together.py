"""Finds parameters that do not go together, as the rules of template.yaml do; pure.

CloudFormation checks these rules only after the code has been uploaded.
"""

from collections.abc import Callable, Iterator, Mapping

NEEDED = ("ClusterName", "ClusterUrl")
"""The parameters that have no default."""

Given = Callable[[str], str]
SIGNED = {"", "sigv4"}  # Left out, it is the default.

# The alarm's hours are not here: `alarm_too_early` knows more schedules than the rule.
RULES: Mapping[str, Callable[[Given], object]] = {
    "AuthMode sigv4 needs ClusterArn or RoleArn": lambda given: (
        given("AuthMode") not in SIGNED or given("ClusterArn") or given("RoleArn")
    ),
    "AuthMode api_key or basic needs SecretArn": lambda given: (
        given("AuthMode") in SIGNED or given("SecretArn")
    ),
    "ReadSecretArn is the Sweeper's alone, so the others need SecretArn": (
        lambda given: not given("ReadSecretArn") or given("SecretArn")
    ),
    "ExistingTopicArn has subscribers of its own, so AlarmEmail stays empty": (
        lambda given: not (given("ExistingTopicArn") and given("AlarmEmail"))
    ),
    "DigestEmail needs Digest, daily or sweep": lambda given: (
        not given("DigestEmail") or given("Digest") in {"daily", "sweep"}
    ),
    "SubnetIds needs SecurityGroupIds": lambda given: (
        not given("SubnetIds") or given("SecurityGroupIds")
    ),
    "SecurityGroupIds needs SubnetIds": lambda given: (
        not given("SecurityGroupIds") or given("SubnetIds")
    ),
}


def broken_rules(settings: Mapping[str, str]) -> Iterator[str]:
    """Yield what the rules say of the parameters of a whole stack.

    Settings without the needed parameters are a part of them, and break no rule.
    """
    if settings.keys() >= {*NEEDED}:
        for says, holds in RULES.items():
            if not holds(lambda name: settings.get(name, "").strip()):
                yield says
