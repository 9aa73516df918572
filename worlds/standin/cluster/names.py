"""Names: what a job, a group or a datafeed may be called."""

import re

from standin.cluster.errors import already_exists, illegal_argument
from standin.cluster.ml import MachineLearning

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_\-.]*[a-z0-9])?")
_LONGEST = 64


def check_id(value: str, field: str) -> None:
    """Refuse an id that is no name."""
    if not _NAME.fullmatch(value):
        raise illegal_argument(
            f"Invalid {field}; '{value}' can contain lowercase alphanumeric (a-z and "
            "0-9), hyphens or underscores; must start and end with alphanumeric"
        )
    if len(value) > _LONGEST and field == "job_id":
        reason = f"The job id cannot contain more than {_LONGEST} characters."
        raise illegal_argument(reason)


def same_id(field: str, path: str, body: object) -> None:
    """Refuse a body that names another id than the path."""
    if body is not None and body != path:
        raise illegal_argument(
            f"Inconsistent {field}; '{body}' specified in the body differs from "
            f"'{path}' specified as a URL argument"
        )


def check_groups(job_id: str, groups: object) -> None:
    """Refuse groups without a proper name, and one that is called as its job."""
    for group in groups if isinstance(groups, list) else []:
        if not _NAME.fullmatch(group):
            raise illegal_argument(
                f"Invalid group id '{group}'; must be non-empty string and may contain "
                "lowercase alphanumeric (a-z and 0-9), hyphens or underscores; must "
                "start and end with alphanumeric"
            )
        if group == job_id:
            raise already_exists(_same(group))


def check_clashes(ml: MachineLearning, job_id: str, groups: object) -> None:
    """Refuse a job that is called as a group, and a group that is called as a job."""
    used = {group for job in ml.jobs.values() for group in job.groups}
    if job_id in used:
        raise already_exists(_same(job_id))
    for group in groups if isinstance(groups, list) else []:
        if group in ml.jobs:
            raise already_exists(_same(group))


def _same(name: str) -> str:
    return (
        f"job and group names must be unique but job [{name}] and group [{name}] have "
        "the same name"
    )
