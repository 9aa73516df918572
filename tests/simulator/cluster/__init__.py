"""A stand-in Elasticsearch cluster: a pure core, and a thin HTTP shell around it."""

from simulator.cluster.core import Cluster
from simulator.cluster.faults import Fault
from simulator.cluster.job import Job
from simulator.cluster.shell import serve
from simulator.cluster.wire import FOREVER, Answer, Received, Request

__all__ = [
    "FOREVER",
    "Answer",
    "Cluster",
    "Fault",
    "Job",
    "Received",
    "Request",
    "serve",
]
