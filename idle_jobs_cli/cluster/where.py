"""What the options of a command say about the cluster to read; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Where:
    """What the options say about the cluster; the environment has the rest.

    `stack` is the name of a deployed stack, or "". `given` has the settings that were
    given as options, by the names of their variables.
    """

    url: str = ""
    cloud_id: str = ""
    ca_file: str = ""
    fingerprint: str = ""
    sign: str = ""
    stack: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
