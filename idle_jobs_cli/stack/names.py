"""The name of the deployed stack, where a command does not name it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path


def default_stack(environ: Mapping[str, str]) -> str:
    """Return the name in IDLE_JOBS_STACK or in samconfig.toml; "" if there is none."""
    if named := environ.get("IDLE_JOBS_STACK", "").strip():
        return named
    try:
        config = tomllib.loads(Path("samconfig.toml").read_text(encoding="utf-8"))
        return str(config["default"]["deploy"]["parameters"]["stack_name"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
