"""Reads the answer of `GET _ml/info`: upgrade mode and version; pure."""

import re
from dataclasses import dataclass

from idle_jobs.elastic.answers import not_the_cluster
from idle_jobs.elastic.json_fields import Json, dig
from idle_jobs.errors import Refused
from idle_jobs.reasons import Reason

INFO_FIELDS = "upgrade_mode,native_code.version"

OLDEST_VERSION = (7, 14)  # Since then, close stops the datafeed itself (#74257).
NAMES_DATAFEEDS = (8, 0)  # Since about 7.15, a job's config holds its datafeed.


@dataclass(frozen=True, slots=True)
class Info:
    """The upgrade mode, and whether the config of a job holds that of its datafeed."""

    upgrade_mode: bool = False
    names_datafeeds: bool = False


# Serverless does not offer this API. It is newer than the versions above, and its
# upgrade mode is visible in the assignment_explanation of each job.
ON_SERVERLESS = Info(names_datafeeds=True)


def read_info(answer: Json) -> Info:
    """Return the info; Refused for an old version, or if it is not Elasticsearch."""
    upgrade_mode = answer.get("upgrade_mode")
    if not isinstance(upgrade_mode, bool):
        raise not_the_cluster("_ml/info", "upgrade_mode", answer)
    version = _version(answer)
    if version and version < OLDEST_VERSION:
        found = dig(answer, "native_code.version")
        why = f"Elasticsearch {found} is too old: expected 7.14 or later"
        raise Refused(why, Reason.CLUSTER_TOO_OLD)
    named = version is not None and version >= NAMES_DATAFEEDS
    return Info(upgrade_mode, names_datafeeds=named)


def _version(answer: Json) -> tuple[int, int] | None:
    # A node without the native code reports no version.
    version = dig(answer, "native_code.version")
    match = (
        re.match(r"(\d{1,9})\.(\d{1,9})", version) if isinstance(version, str) else None
    )
    return (int(match[1]), int(match[2])) if match else None
