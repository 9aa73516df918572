"""Parameters of stacks that people deploy: every one is turned, each pair together."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from local.intrinsics import Resolver, load_template
from local.place import ACCOUNT
from local.topology import TEMPLATE
from local.translation import NEEDED, translate
from pairs import Choice, all_pairs

Parameters = Mapping[str, str]

PARTITIONS = {
    "aws": "eu-west-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
}
"""Each partition, with a region of it."""

SUFFIX = {"aws-cn": "amazonaws.com.cn"}

# `{p}` is the partition, `{r}` the region.
CLUSTER = f"arn:{{p}}:execute-api:{{r}}:{ACCOUNT}:a1b2c3d4e5/prod/*"
SECRET = f"arn:{{p}}:secretsmanager:{{r}}:{ACCOUNT}:secret:elastic-AbCdEf"
ROLE = f"arn:{{p}}:iam::{ACCOUNT}:role/signs"
SIGNED = {"AuthMode": "sigv4", "ClusterArn": CLUSTER}
KEYED = {"AuthMode": "api_key", "SecretArn": SECRET}

AXES: dict[str, list[Parameters]] = {
    "auth": [
        SIGNED,
        SIGNED | {"SigV4Service": "lambda", "SecretArn": SECRET},
        SIGNED | {"SigV4Service": "es", "SigningRegion": "eu-central-1"},
        {"AuthMode": "sigv4", "RoleArn": ROLE, "CredentialHeader": "x-key"},
        KEYED,
        KEYED | {"ReadSecretArn": SECRET.replace("elastic", "reading")},
        KEYED | {"AuthMode": "basic", "CaBundle": "ca.pem"},
    ],
    "schedule": [
        {},
        {"ScheduleExpression": "rate(6 hours)", "SweepAlarmHours": "12"},
        {"ScheduleTimezone": "Europe/Berlin"},
    ],
    "quiet": [{}, {"QuietHours": "08:00-18:00"}],
    "hears": [
        {},
        {"AlarmEmail": "ann@example.com"},
        {"ExistingTopicArn": f"arn:{{p}}:sns:{{r}}:{ACCOUNT}:on-call"},
    ],
    "bus": [{}, {"EventBusName": "default"}],
    "digest": [
        {},
        {"Digest": "daily"},
        {"Digest": "sweep", "DigestEmail": "ann@example.com", "GibHourPrice": "0.05"},
    ],
    "ledger": [{}, {"KeepLedger": "false"}],
    "dashboard": [{}, {"CreateDashboard": "true"}],
    "logs": [{}, {"KeepLogs": "true", "LogRetentionDays": "365", "LogLevel": "DEBUG"}],
    "network": [
        {},
        {
            "SubnetIds": "subnet-0a1b2c3d,subnet-4e5f6a7b",
            "SecurityGroupIds": "sg-12345678",
        },
    ],
    "key": [
        {},
        {"KmsKeyArn": f"arn:{{p}}:kms:{{r}}:{ACCOUNT}:key/0a1b2c3d-4e5f"},
    ],
    "boundary": [
        {},
        {"PermissionsBoundaryArn": f"arn:{{p}}:iam::{ACCOUNT}:policy/boundary"},
    ],
    "processors": [{}, {"Architecture": "x86_64"}],
    "principals": [
        {},
        {"RequestPrincipals": f"{ROLE},arn:{{p}}:iam::{ACCOUNT}:user/ann"},
    ],
    "rule": [
        {},
        {"RequestRuleArn": f"arn:{{p}}:events:{{r}}:{ACCOUNT}:rule/close"},
    ],
    "rules": [
        {},
        {
            "IdleAfter": "24h",
            "NeverFedAfter": "2d",
            "DryAfter": "30d",
            "ReopenGrace": "90m",
            "FailedAfter": "2d",
            "CloseJobsWithoutDatafeed": "true",
            "CloseDryDatafeeds": "true",
            "ForceFailed": "true",
            "IncludeManagedJobs": "true",
            "ManagedJobsAllowed": "apm-1",
            "KeepPatterns": "prod-*,billing",
            "MaxClosesPerSweep": "1",
            "MaxClosePercent": "100",
            "HaltAboveJobs": "1",
            "HaltFor": "1d",
            "NoticePeriod": "2d",
            "MaxClosesPerRequest": "1",
            "MaxClosesPerDay": "1",
            "MaxClosing": "1",
            "ForceOrders": "allowed",
            "ForcesPerDay": "1",
            "ForceAfter": "1h",
            "ParkAfter": "1h",
            "RequestExpiresAfter": "1h",
        },
    ],
}
CHOICES = all_pairs({**AXES, "partition": [*PARTITIONS]})


class Configuration(NamedTuple):
    """Where a stack is deployed, and with which parameters."""

    partition: str
    parameters: dict[str, str]

    @property
    def region(self) -> str:
        """Return a region of the partition."""
        return PARTITIONS[self.partition]


def configured(partition: str, **parameters: str) -> Configuration:
    """Return a configuration, with ARNs of its partition."""
    where = {"p": partition, "r": PARTITIONS[partition]}
    given = {name: value.format(**where) for name, value in parameters.items()}
    return Configuration(partition, {**NEEDED, **given})


def chosen(choice: Choice) -> Configuration:
    """Return the configuration of a choice."""
    given: dict[str, str] = {}
    for axis, values in AXES.items():
        given |= values[choice[axis]]
    return configured([*PARTITIONS][choice["partition"]], **given)


CONFIGURATIONS = [chosen(choice) for choice in CHOICES]


def resolver_of(configuration: Configuration) -> Resolver:
    """Return what knows a stack's parameters, and of its resources those that exist.

    A resource, and what is asked of it, is its logical name; what refers to one that
    the stack does not have cannot be resolved.
    """
    partition, parameters = configuration
    names = {
        "AWS::Partition": partition,
        "AWS::Region": configuration.region,
        "AWS::AccountId": ACCOUNT,
        "AWS::StackName": "drill",
        "AWS::URLSuffix": SUFFIX.get(partition, "amazonaws.com"),
    }
    template = translate(load_template(TEMPLATE), parameters)
    bare = Resolver(template, parameters, names)
    for name, resource in template["Resources"].items():
        if bare.holds_for(resource):
            names |= {name: name, f"{name}.Arn": name, f"{name}.QueueName": name}
    return Resolver(template, parameters, names)


def resources_of(configuration: Configuration) -> dict[str, Any]:
    """Return the resources that a stack has, by name, with their properties."""
    resolver = resolver_of(configuration)
    found = resolver.template["Resources"].items()
    return {n: resolver.resolve(r) for n, r in found if resolver.holds_for(r)}
