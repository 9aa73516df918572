"""The parameters of template.yaml and the texts that each takes; pure.

The template is not installed with the command, so a test compares the two.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 4096  # characters of any parameter of CloudFormation


@dataclass(frozen=True, slots=True)
class Taken:
    """What a parameter takes: `says` tells it to a person."""

    says: str
    pattern: str = ".*"
    values: tuple[str, ...] = ()
    numbers: range = range(0)
    longest: int = LONGEST

    def takes(self, text: str) -> bool:
        """Return whether the parameter may have this value."""
        if self.values:
            return text in self.values
        if self.numbers:
            return text.isascii() and text.isdigit() and int(text) in self.numbers
        fits = re.fullmatch(self.pattern, text, re.DOTALL) is not None
        return fits and len(text) <= self.longest


def _one_of(*values: str) -> Taken:
    return Taken(f"one of {', '.join(values)}", values=values)


def _whole(most: int) -> Taken:
    return Taken(f"a whole number from 1 to {most}", numbers=range(1, most + 1))


_HOURS_OR_DAYS = Taken(
    "hours or days, such as 6h, 48h or 14d", pattern="[1-9][0-9]{0,2}[hd]"
)
_UP_TO_A_DAY = Taken("1h to 24h", pattern="([1-9]|1[0-9]|2[0-4])h")
_SECRET = Taken(
    "the whole ARN of a secret, with the six characters at its end, or empty",
    pattern=r"(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]+:secret:"
    r"\S+-[A-Za-z0-9]{6})?",
)
_EMAIL = Taken("an e-mail address, or empty", pattern=r"([^@\s]+@[^@\s]+)?")
_SWITCH = _one_of("true", "false")
_IDS = "[, ]*([a-z0-9_.-]+( *,[, ]*[a-z0-9_.-]+)*)?[, ]*"
_GLOBS = (
    r"(?!(.*[^a-z0-9])?\.\*)[, ]*"
    r"([a-z0-9_.*?!\[\]-]+( *,[, ]*[a-z0-9_.*?!\[\]-]+)*)?[, ]*"
)
_SCHEDULE = (
    r"rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]{1,3}) (minute|hour|day)s)\)|"
    r"cron\([0-9*/,-]+ [0-9*/,-]+ ([0-9*/,LW-]+ [0-9A-Z*/,-]+ \?|"
    r"\? [0-9A-Z*/,-]+ [0-9A-Z*/,#-]+) [0-9*/,-]+\)"
)

PARAMETERS: Mapping[str, Taken] = {
    "ClusterName": Taken(
        "1 to 40 lower-case letters, digits and hyphens", pattern="[a-z0-9-]{1,40}"
    ),
    "ClusterUrl": Taken(
        "an https URL without user, query and fragment",
        pattern="https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?",
    ),
    "AuthMode": _one_of("sigv4", "api_key", "basic"),
    "ClusterArn": Taken(
        "an ARN, or empty", pattern=r"(arn:aws[a-z-]*:[a-z-]+:[a-z0-9-]*:[0-9]*:\S+)?"
    ),
    "SecretArn": _SECRET,
    "AlarmEmail": _EMAIL,
    "ExistingTopicArn": Taken(
        "the ARN of a standard SNS topic, or empty",
        pattern="(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256})?",
    ),
    "EventBusName": Taken(
        "the name of an event bus, such as default, or empty",
        pattern="[A-Za-z0-9._-]{0,256}",
    ),
    "Digest": _one_of("off", "daily", "sweep"),
    "DigestEmail": _EMAIL,
    "GibHourPrice": Taken("a price like 0.05, or empty", pattern=r"(\d{1,6}(\.\d+)?)?"),
    "CreateDashboard": _SWITCH,
    "LogLevel": _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    "LogRetentionDays": _one_of(
        *("1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365"),
        *("400", "545", "731", "1096", "1827", "2192", "2557", "2922", "3288", "3653"),
    ),
    "KeepLogs": _SWITCH,
    "KeepLedger": _SWITCH,
    "SigV4Service": _one_of("execute-api", "es", "lambda", "vpc-lattice-svcs"),
    "SigningRegion": Taken(
        "a region such as eu-west-1, or empty",
        pattern="([a-z]{2}(-[a-z]+)+-[0-9]{1,2})?",
    ),
    "RoleArn": Taken(
        "the ARN of a role, or empty", pattern=r"(arn:aws[a-z-]*:iam::[0-9]+:role/\S+)?"
    ),
    "ReadSecretArn": _SECRET,
    "CredentialHeader": Taken(
        "a header's name, not Authorization, Host or x-amz-*",
        pattern="(?!(?i:authorization|host|x-amz-.*)$)[A-Za-z][A-Za-z0-9-]{0,60}",
    ),
    "CaBundle": Taken(
        "the name of a .pem file, or empty",
        pattern=r"([A-Za-z0-9][A-Za-z0-9._-]*\.pem)?",
    ),
    "ScheduleExpression": Taken(
        "a rate or cron expression of EventBridge, such as rate(6 hours) or "
        "cron(0 20 ? * MON-FRI *)",
        pattern=_SCHEDULE,
    ),
    "ScheduleTimezone": Taken(
        "a time zone of the IANA, such as Europe/Berlin, or empty",
        pattern="([A-Za-z]+(/[A-Za-z0-9_+-]+){0,2})?",
    ),
    "SweepAlarmHours": Taken("a whole number from 2 to 168", numbers=range(2, 169)),
    "QuietHours": Taken(
        "hours such as 08:00-18:00 or 22:00-06:00, or empty",
        pattern="(([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9])?",
    ),
    "IdleAfter": _HOURS_OR_DAYS,
    "NeverFedAfter": _HOURS_OR_DAYS,
    "DryAfter": _HOURS_OR_DAYS,
    "ReopenGrace": Taken(
        "minutes, hours or days, such as 90m, 24h or 2d", pattern="[1-9][0-9]{0,2}[mhd]"
    ),
    "FailedAfter": _HOURS_OR_DAYS,
    "CloseJobsWithoutDatafeed": _SWITCH,
    "CloseDryDatafeeds": _SWITCH,
    "ForceFailed": _SWITCH,
    "IncludeManagedJobs": _SWITCH,
    "ManagedJobsAllowed": Taken(
        "job ids, separated by commas", pattern=_IDS, longest=600
    ),
    "KeepPatterns": Taken(
        "globs over job ids and groups, separated by commas, such as prod-*",
        pattern=_GLOBS,
        longest=600,
    ),
    "MaxClosesPerSweep": _whole(1000),
    "MaxClosePercent": _whole(100),
    "HaltAboveJobs": _whole(1000),
    "HaltFor": _HOURS_OR_DAYS,
    "NoticePeriod": Taken(
        "hours or days, such as 6h, 48h or 14d, or off",
        pattern="(off|[1-9][0-9]{0,2}[hd])",
    ),
    "MaxClosesPerRequest": _whole(1000),
    "MaxClosesPerDay": _whole(10_000),
    "MaxClosing": _whole(1000),
    "ForceOrders": _one_of("evidence", "allowed"),
    "ForcesPerDay": _whole(1000),
    "ForceAfter": _UP_TO_A_DAY,
    "ParkAfter": _UP_TO_A_DAY,
    "RequestExpiresAfter": _HOURS_OR_DAYS,
    "RequestPrincipals": Taken(
        "ARNs of roles and users, separated by commas without blanks",
        pattern=r"(arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=.@_/*-]+"
        r"(,(?=arn)|$))*",
        longest=2000,
    ),
    "RequestRuleArn": Taken(
        "the ARN of an EventBridge rule, or empty",
        pattern=r"(arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:rule/[A-Za-z0-9._/-]+)?",
    ),
    "SubnetIds": Taken(
        "ids of subnets, separated by commas without blanks, or empty",
        pattern="(subnet-[0-9a-f]{8,17}(,subnet-[0-9a-f]{8,17}){0,15})?",
    ),
    "SecurityGroupIds": Taken(
        "ids of security groups, separated by commas without blanks, or empty",
        pattern="(sg-[0-9a-f]{8,17}(,sg-[0-9a-f]{8,17}){0,4})?",
    ),
    "KmsKeyArn": Taken(
        "the ARN of a KMS key, not of an alias, or empty",
        pattern="(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?",
    ),
    "PermissionsBoundaryArn": Taken(
        "the ARN of a policy, or empty",
        pattern=r"(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/\S+)?",
    ),
    "Architecture": _one_of("arm64", "x86_64"),
}

# The variables whose names are not the words of their parameter.
_NAMED_OTHERWISE = {"SigV4Service": "SIGV4_SERVICE", "LogLevel": "POWERTOOLS_LOG_LEVEL"}


def variable_of(parameter: str) -> str:
    """Return the variable that a parameter sets, such as IDLE_AFTER of IdleAfter."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parameter).upper()
    return _NAMED_OTHERWISE.get(parameter, words)
