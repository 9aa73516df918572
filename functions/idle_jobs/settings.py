"""The only module that reads the environment; it reports all problems at once."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idle_jobs.elastic.transport import Timeouts
from idle_jobs.policy.rules import Rules
from idle_jobs.steps.digest_item import Every
from idle_jobs.texts import tidy
from idle_jobs.times import spoken
from idle_jobs.variables import (
    bus,
    flag,
    header,
    ids,
    name,
    off_or,
    one_of,
    patterns,
    price,
    quiet_hours,
    region,
    seconds,
    span,
    url,
    whole,
)

Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment variables that `template.yaml` sets, as typed values."""

    cluster_name: str
    cluster_url: str
    auth_mode: str
    sigv4_service: str
    signing_region: str
    role_arn: str
    secret_arn: str
    credential_header: str
    ca_bundle: str
    mode_parameter: str
    request_queue_url: str
    close_queue_url: str
    force_queue_url: str
    parking_queue_url: str
    ledger_table: str
    event_bus_name: str
    digest: str
    digest_topic: str
    gib_hour_price: float
    create_dashboard: bool
    timeouts: Timeouts
    rules: Rules

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings; one BadSettings names every variable that is wrong."""
        problems: list[str] = []
        own = read_variables(environ, OWN_READERS, problems)
        timeouts = read_variables(environ, TIMEOUT_READERS, problems)
        rules = read_variables(environ, RULE_READERS, problems)
        if own.get("auth_mode") in ("api_key", "basic") and not own.get("secret_arn"):
            problems.append("SECRET_ARN: expected unless AUTH_MODE is sigv4, but empty")
        problems += too_short_to_force(rules)
        if problems:
            raise BadSettings("; ".join(problems))
        return cls(**own, timeouts=Timeouts(**timeouts), rules=Rules(**rules))


def too_short_to_force(rules: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem if a message would be parked before it may be forced."""
    force, park = rules.get("force_after"), rules.get("park_after")
    if force and park and park < force:
        yield f"PARK_AFTER: expected at least FORCE_AFTER, got {spoken(park)}"


class BadSettings(ValueError):
    """Environment variables that are missing or wrong, all in one message."""


def current() -> Settings:
    """Return the settings of this function's environment."""
    return Settings.from_env(os.environ)


def _with_value(why: str, text: str) -> str:
    """Add the value to a problem unless it is there; hide the user in a URL."""
    shown = re.sub(r"//[^/]*@", "//...@", text)
    return why if ", got " in why else f"{why}, got {shown!r:.80}"


def read_variables(
    environ: Mapping[str, str], readers: Mapping[str, Reader], problems: list[str]
) -> dict[str, Any]:
    """Return the values of variables by field name; append to `problems`."""
    read = {}
    for variable, reader in readers.items():
        if variable not in environ:
            problems.append(f"{variable}: expected, but missing")
            continue
        try:
            read[_FIELD_OF.get(variable, variable.lower())] = reader(
                tidy(environ[variable])
            )
        except ValueError as error:
            problems.append(f"{variable}: {_with_value(str(error), environ[variable])}")
    return read


_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_FIELD_OF = {
    "CONNECT_TIMEOUT": "connect",
    "READ_TIMEOUT": "read",
    "CLOSE_READ_TIMEOUT_EARLY": "close_early",
    "CLOSE_READ_TIMEOUT": "close",
    "CLOSE_READ_TIMEOUT_COUNTED": "close_counted",
    "MEASURED_READ_TIMEOUT": "measured",
}

OWN_READERS: dict[str, Reader] = {
    "CLUSTER_NAME": name,
    "CLUSTER_URL": url,
    "AUTH_MODE": one_of("sigv4", "api_key", "basic"),
    "SIGV4_SERVICE": one_of("execute-api", "es", "lambda", "vpc-lattice-svcs"),
    "SIGNING_REGION": region,
    "ROLE_ARN": str,
    "SECRET_ARN": str,
    "CREDENTIAL_HEADER": header,
    "CA_BUNDLE": str,
    "MODE_PARAMETER": name,
    "REQUEST_QUEUE_URL": url,
    "CLOSE_QUEUE_URL": url,
    "FORCE_QUEUE_URL": url,
    "PARKING_QUEUE_URL": url,
    "LEDGER_TABLE": name,
    "EVENT_BUS_NAME": bus,
    "DIGEST": one_of(*Every),
    "DIGEST_TOPIC": str,
    "GIB_HOUR_PRICE": price,
    "CREATE_DASHBOARD": flag,
}
TIMEOUT_READERS: dict[str, Reader] = dict.fromkeys(_FIELD_OF, seconds)
RULE_READERS: dict[str, Reader] = {
    "IDLE_AFTER": span(_HOUR),
    "NEVER_FED_AFTER": span(_HOUR),
    "DRY_AFTER": span(_HOUR),
    "REOPEN_GRACE": span(_MINUTE),
    "FAILED_AFTER": span(_HOUR),
    "FORCE_AFTER": span(_HOUR),
    "PARK_AFTER": span(_HOUR),
    "REQUEST_EXPIRES_AFTER": span(_HOUR),
    "FORCE_FAILED": flag,
    "FORCE_ORDERS": one_of("evidence", "allowed"),
    "CLOSE_JOBS_WITHOUT_DATAFEED": flag,
    "CLOSE_DRY_DATAFEEDS": flag,
    "INCLUDE_MANAGED_JOBS": flag,
    "MANAGED_JOBS_ALLOWED": ids,
    "KEEP_PATTERNS": patterns,
    "MAX_CLOSES_PER_SWEEP": whole(1, 1000),
    "MAX_CLOSE_PERCENT": whole(1, 100),
    "HALT_ABOVE_JOBS": whole(1, 1000),
    "HALT_FOR": span(_HOUR),
    "NOTICE_PERIOD": off_or(span(_HOUR)),
    "MAX_CLOSES_PER_REQUEST": whole(1, 1000),
    "MAX_CLOSES_PER_DAY": whole(1, 10_000),
    "MAX_CLOSING": whole(1, 1000),
    "QUIET_HOURS": quiet_hours,
}

# Every variable that the functions read; template.yaml sets these and no others.
VARIABLES = (
    frozenset(OWN_READERS) | frozenset(TIMEOUT_READERS) | frozenset(RULE_READERS)
)
