"""One route, and the parameters that routes share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from standin.cluster.call import Call, Reply
from standin.cluster.ml import MachineLearning

Action = Callable[[MachineLearning, Call], Reply]


@dataclass(frozen=True)
class Route:
    """A path, the action behind it, and the name under which it is granted.

    `params` says of each parameter since when it is known. `parser` names the strict
    parser of parameters in a body, where they may come in one, and `id_field` the id
    in it; a `document` is a body that is no parameters. Parameters, and a document
    that is `sourced`, may also come in the query as `source`.
    """

    method: str
    path: str
    act: Action
    name: str
    params: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    parser: str = ""
    id_field: str = ""
    document: bool = False
    warns: str = ""
    sourced: bool = False

    def known(self, ml: MachineLearning) -> frozenset[str]:
        """Say which parameters this version reads."""
        return frozenset(
            name for name, first in self.params.items() if ml.since(*first)
        )


def params(*names: str, **since: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Name parameters, with the version that first knew them where it matters."""
    return dict.fromkeys(names, (0, 0)) | since


READ = params("allow_no_match")
CONFIG = params("allow_no_match", "exclude_generated")
CLOSE = params("allow_no_match", "force", "timeout")
STOP = params("allow_no_match", "force", "timeout", close_job=(9, 3))
OPEN = params("timeout")
START = params("start", "end", "timeout")
FLUSH = params("calc_interim", "start", "end", "advance_time", "skip_time")
OPTIONS = params(
    "ignore_unavailable", "allow_no_indices", "ignore_throttled", "expand_wildcards"
)
DELETE = params("force", "wait_for_completion", delete_user_annotations=(8, 7))
RESET = params("wait_for_completion", delete_user_annotations=(8, 7))
MASTER = params("master_timeout", "timeout")
INDEX = MASTER | OPTIONS | params("wait_for_active_shards", "flat_settings", "local")
SETTINGS = MASTER | params("flat_settings", "include_defaults")
TASKS = params(
    *("actions", "detailed", "group_by", "nodes", "parent_task_id", "timeout"),
    *("wait_for_completion", "master_timeout"),
)
STATE = OPTIONS | params(
    *("local", "master_timeout", "flat_settings"),
    *("wait_for_metadata_version", "wait_for_timeout"),
)
CAT = TASKS | params("h", "v", "s", "help", "time", "full_id")
HEALTH = (
    MASTER
    | OPTIONS
    | params(
        *("level", "local", "wait_for_status", "wait_for_nodes", "wait_for_events"),
        *("wait_for_active_shards", "wait_for_no_relocating_shards"),
        "wait_for_no_initializing_shards",
    )
)
