"""What `GET _ml/info` says that a read depends on; pure."""

import re
from dataclasses import dataclass

from idle_jobs.elastic.answers import not_the_cluster
from idle_jobs.elastic.json_fields import Json, dig
from idle_jobs.errors import Refused
from idle_jobs.reasons import Reason

INFO_FIELDS = "upgrade_mode,native_code.version"

OLDEST_VERSION = (7, 14)  # From there on close stops the datafeed itself (#74257).
NAMES_DATAFEEDS = (8, 0)  # A job's config holds its datafeed since about 7.15.


@dataclass(frozen=True, slots=True)
class Info:
    """Its mode, and whether each job's configuration holds that of its datafeed."""

    upgrade_mode: bool = False
    names_datafeeds: bool = False


# Serverless keeps this API to itself. It is newer than any version that is asked about
# here, and its upgrade mode shows in each job's assignment_explanation.
ON_SERVERLESS = Info(names_datafeeds=True)


def read_info(answer: Json) -> Info:
    """Read the answer; Refused where it is no cluster that can be served."""
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
    # A node without the native code tells no version.
    version = dig(answer, "native_code.version")
    match = (
        re.match(r"(\d{1,9})\.(\d{1,9})", version) if isinstance(version, str) else None
    )
    return (int(match[1]), int(match[2])) if match else None
