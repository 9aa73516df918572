"""The only file that reads the environment; all problems in one message."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idle_jobs.rules import Rules
from idle_jobs.times import duration, spoken
from idle_jobs.wire import Timeouts

# http is for a cluster on the same machine only: keys and signatures travel in it.
_URL = re.compile(
    r"https://[^\s?#@]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#@]*)?"
)

Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the functions are told by `template.yaml`."""

    cluster_name: str
    cluster_url: str
    auth_mode: str
    sigv4_service: str
    role_arn: str
    secret_arn: str
    credential_header: str
    ca_bundle: str
    mode_parameter: str
    request_queue_url: str
    close_queue_url: str
    force_queue_url: str
    parking_queue_url: str
    timeouts: Timeouts
    rules: Rules

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings; one BadSettings names every variable that is wrong."""
        problems: list[str] = []
        own = read_variables(environ, OWN, problems)
        timeouts = read_variables(environ, TIMEOUTS, problems)
        rules = read_variables(environ, RULES, problems)
        if own.get("auth_mode") in ("api_key", "basic") and not own.get("secret_arn"):
            problems.append("SECRET_ARN: expected unless AUTH_MODE is sigv4, but empty")
        problems += _too_short_to_force(rules)
        if problems:
            raise BadSettings("; ".join(problems))
        return cls(**own, timeouts=Timeouts(**timeouts), rules=Rules(**rules))


def _too_short_to_force(rules: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem where what hangs would be given up before it may be forced."""
    force, park = rules.get("force_after"), rules.get("park_after")
    if force and park and park < force:
        yield f"PARK_AFTER: expected at least FORCE_AFTER, got {spoken(park)}"


class BadSettings(ValueError):
    """Environment variables that are missing or wrong, all in one message."""


def current() -> Settings:
    """Return the settings of this function's environment."""
    return Settings.from_env(os.environ)


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_./-]{1,200}", text):
        raise ValueError("expected up to 200 of letters, digits, _ . / -")
    return text


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError("expected an https URL without user and query")
    return text


def _header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", text):
        raise ValueError("expected a header's name")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return read


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("expected true or false")
    return text == "true"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in map(str.strip, text.split(",")) if word)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return read


def _span(least: timedelta) -> Callable[[str], timedelta]:
    def read(text: str) -> timedelta:
        span = duration(text)
        if not least <= span <= timedelta(days=3650):
            raise ValueError(f"expected at least {spoken(least)}, at most 3650d")
        return span

    return read


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 600:
        raise ValueError("expected seconds above 0, at most 600")
    return value


def _told(why: str, text: str) -> str:
    """Add what was given, unless it is told already, and never a user in a URL."""
    shown = re.sub(r"//[^/]*@", "//...@", text)
    return why if ", got " in why else f"{why}, got {shown!r:.80}"


def read_variables(
    environ: Mapping[str, str], readers: Mapping[str, Read], problems: list[str]
) -> dict[str, Any]:
    """Return what the readers make of their variables, and append what is wrong."""
    read = {}
    for variable, reader in readers.items():
        if variable not in environ:
            problems.append(f"{variable}: expected, but missing")
            continue
        try:
            read[_FIELD_OF.get(variable, variable.lower())] = reader(environ[variable])
        except ValueError as error:
            problems.append(f"{variable}: {_told(str(error), environ[variable])}")
    return read


_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_FIELD_OF = {
    "CONNECT_TIMEOUT": "connect",
    "READ_TIMEOUT": "read",
    "CLOSE_READ_TIMEOUT_EARLY": "close_early",
    "CLOSE_READ_TIMEOUT": "close",
    "MEASURED_READ_TIMEOUT": "measured",
}

OWN: dict[str, Read] = {
    "CLUSTER_NAME": _name,
    "CLUSTER_URL": _url,
    "AUTH_MODE": _one_of("sigv4", "api_key", "basic"),
    "SIGV4_SERVICE": _one_of("execute-api", "es", "lambda", "vpc-lattice-svcs"),
    "ROLE_ARN": str.strip,
    "SECRET_ARN": str.strip,
    "CREDENTIAL_HEADER": _header,
    "CA_BUNDLE": str.strip,
    "MODE_PARAMETER": _name,
    "REQUEST_QUEUE_URL": _url,
    "CLOSE_QUEUE_URL": _url,
    "FORCE_QUEUE_URL": _url,
    "PARKING_QUEUE_URL": _url,
}
TIMEOUTS: dict[str, Read] = dict.fromkeys(_FIELD_OF, _seconds)
RULES: dict[str, Read] = {
    "IDLE_AFTER": _span(_HOUR),
    "NEVER_FED_AFTER": _span(_HOUR),
    "DRY_AFTER": _span(_HOUR),
    "REOPEN_GRACE": _span(_MINUTE),
    "FAILED_AFTER": _span(_HOUR),
    "FORCE_AFTER": _span(_HOUR),
    "PARK_AFTER": _span(_HOUR),
    "REQUEST_EXPIRES_AFTER": _span(_HOUR),
    "FORCE_FAILED": _flag,
    "FORCE_ORDERS": _one_of("evidence", "allowed"),
    "CLOSE_JOBS_WITHOUT_DATAFEED": _flag,
    "CLOSE_DRY_DATAFEEDS": _flag,
    "INCLUDE_MANAGED_JOBS": _flag,
    "MANAGED_JOBS_ALLOWED": _words,
    "KEEP_PATTERNS": _words,
    "MAX_CLOSES_PER_SWEEP": _whole(1, 1000),
    "MAX_CLOSE_PERCENT": _whole(1, 100),
    "HALT_ABOVE_JOBS": _whole(1, 1000),
    "HALT_FOR": _span(_HOUR),
    "MAX_CLOSES_PER_REQUEST": _whole(1, 1000),
    "MAX_CLOSES_PER_DAY": _whole(1, 10_000),
}

# Every variable that the functions read; template.yaml sets these and no others.
VARIABLES = frozenset(OWN) | frozenset(TIMEOUTS) | frozenset(RULES)
