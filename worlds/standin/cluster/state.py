"""What the cluster keeps beside its jobs: settings and indices."""

from dataclasses import dataclass, field
from typing import Any

IDLE_TIMEOUT = "xpack.ml.idle_job_auto_close_timeout"
ALLOCATION = "cluster.persistent_tasks.allocation.enable"
MAX_OPEN = "xpack.ml.max_open_jobs"

DEFAULTS = {
    "action.destructive_requires_name": "true",
    ALLOCATION: "all",
    IDLE_TIMEOUT: "48h",
    "xpack.ml.enable_config_migration": "true",
    "xpack.ml.max_anomaly_records": "500",
    "xpack.ml.max_inference_processors": "50",
    "xpack.ml.max_lazy_ml_nodes": "0",
    "xpack.ml.max_machine_memory_percent": "30",
    "xpack.ml.max_ml_node_size": "0b",
    "xpack.ml.max_model_memory_limit": "0b",
    MAX_OPEN: "512",
    "xpack.ml.nightly_maintenance_requests_per_second": "-1.0",
    "xpack.ml.node_concurrent_job_allocations": "2",
    "xpack.ml.persist_results_max_retries": "20",
    "xpack.ml.process_connect_timeout": "10s",
    "xpack.ml.use_auto_machine_memory_percent": "false",
}


@dataclass
class Settings:
    """The settings; a transient one goes before a persistent one."""

    persistent: dict[str, str] = field(default_factory=dict)
    transient: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """Find what is set; no defaults."""
        return self.transient.get(name) or self.persistent.get(name)

    def value(self, name: str) -> str:
        """Find what holds."""
        return self.get(name) or DEFAULTS[name]

    def defaults(self, version: str) -> dict[str, str]:
        """Return the defaults that this version has."""
        new = tuple(map(int, version.split(".")[:2])) >= (9, 4)
        return {n: v for n, v in DEFAULTS.items() if new or n != IDLE_TIMEOUT}


@dataclass
class State:
    """Settings and indices; each index is kept as it was created."""

    settings: Settings = field(default_factory=Settings)
    indices: dict[str, dict[str, Any]] = field(default_factory=dict)
