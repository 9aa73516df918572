"""What closing idle jobs frees on each node that runs machine learning; pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from idle_jobs.elastic.json_fields import Fields
from idle_jobs.policy.job import State
from idle_jobs.policy.verdict import Action, Verdict
from idle_jobs.sizes import spoken_bytes

NODE_FIELDS = (
    "nodes.*.name,nodes.*.roles,nodes.*.mem.ml.max_in_bytes,"
    "nodes.*.mem.ml.anomaly_detectors_in_bytes,"
    "nodes.*.mem.ml.data_frame_analytics_in_bytes,"
    "nodes.*.mem.ml.native_inference_in_bytes"
)


@dataclass(frozen=True, slots=True)
class Node:
    """The ML memory of one node: its limit, and what is reserved of it.

    `idle_bytes` are those of the jobs that sweeps may close, and `other_bytes` those of
    data frame analytics and trained models. `closes` are the jobs after whose closing
    nothing is left on the node; it is empty if something stays.
    """

    name: str
    limit_bytes: int
    jobs_bytes: int
    idle_bytes: int
    other_bytes: int
    stays: int
    closes: Sequence[str]

    def fields(self) -> dict[str, Any]:
        """Return the node as plain values."""
        return asdict(self) | {"closes": list(self.closes)}

    def __str__(self) -> str:
        """Return the node in one line."""
        limit, reserved = spoken_bytes(self.limit_bytes), spoken_bytes(self.jobs_bytes)
        told = f"{reserved or 'nothing'} of {limit or '0 MB'} reserved by open jobs"
        told += f", {spoken_bytes(self.idle_bytes) or 'nothing'} of it idle"
        if self.closes:
            return f"{told}; empty after closing {', '.join(self.closes)}"
        left = [f"{self.stays} job{'' if self.stays == 1 else 's'}"] * bool(self.stays)
        left += ["other machine learning"] * bool(self.other_bytes)
        return f"{told}; {' and '.join(left)} would stay" if left else told


def nodes_of(answer: Mapping[str, Any], verdicts: Sequence[Verdict]) -> list[Node]:
    """Return the nodes in an answer of `GET _ml/memory/_stats` that run ML."""
    by_node: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.job.state is not State.CLOSED:
            by_node[verdict.job.node].append(verdict)
    found = _nodes(Fields(answer).within("nodes"), by_node)
    return sorted(found, key=lambda node: node.name)


def _nodes(nodes: Fields, by_node: Mapping[str, list[Verdict]]) -> Iterator[Node]:
    for node_id in nodes.source:
        node = nodes.within(node_id)
        if "ml" not in node.texts("roles"):
            continue
        memory, on_it = node.within("mem").within("ml"), by_node.get(node_id, [])
        idle = [v for v in on_it if v.action is Action.CLOSE]
        # What somebody is closing leaves the node, too.
        others = (v for v in on_it if v.action is not Action.CLOSE)
        stays = sum(v.job.state is not State.CLOSING for v in others)
        analytics = memory.read("data_frame_analytics_in_bytes", int) or 0
        models = memory.read("native_inference_in_bytes", int) or 0
        emptied = not stays and not analytics + models
        yield Node(
            name=node.text("name") or node_id,
            limit_bytes=memory.read("max_in_bytes", int) or 0,
            jobs_bytes=memory.read("anomaly_detectors_in_bytes", int) or 0,
            idle_bytes=sum(v.job.memory_bytes for v in idle),
            other_bytes=analytics + models,
            stays=stays,
            closes=tuple(v.job.job_id for v in idle) if emptied else (),
        )
