"""A stand-in Elasticsearch cluster: a pure core, and a thin HTTP shell around it.

Unfaithful on purpose: posted data is counted and not analysed, datafeeds read nothing,
indices hold no documents, and nothing is persisted. Bodies are read as JSON only, and
answers are JSON or YAML, or text where a table is asked for; CBOR and SMILE are not
known. A stack trace has one line. Shards are always well, so that a wait for more
health than there is never ends before its timeout. One node takes jobs up to
`xpack.ml.max_open_jobs`; its memory bounds each job for itself and not their sum.
Opening, starting and stopping take no time but where a test says so; closing takes
`close_takes` of the job, or what `close_duration` draws.
"""

from standin.cluster.core import Cluster
from standin.cluster.faults import Fault
from standin.cluster.job import Job
from standin.cluster.security import API_KEY
from standin.cluster.shell import serve
from standin.cluster.wire import FOREVER, Answer, Received, Request

__all__ = [
    "API_KEY",
    "FOREVER",
    "Answer",
    "Cluster",
    "Fault",
    "Job",
    "Received",
    "Request",
    "serve",
]
