"""Reads all jobs with Elastic's official client: `listing.py URL KEY GZIP`.

Three lists without a filter, as they are written first. It prints CPU seconds, those of
reading the JSON of the stats once more, and the memory before and at the peak.
"""

import json
import sys
import time
from pathlib import Path

from elasticsearch import Elasticsearch


def memory(name: str) -> int:
    """Return a figure of this process's memory, in bytes."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (line,) = (each for each in lines if each.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


url, key, gzip = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = Elasticsearch(url, api_key=key, request_timeout=60, http_compress=gzip)
client.info()
before, cpu = memory("VmRSS"), time.process_time()
jobs, stats = client.ml.get_jobs(), client.ml.get_job_stats()
feeds = client.ml.get_datafeed_stats()
cpu, peak = time.process_time() - cpu, memory("VmHWM")
text = json.dumps(stats.body)
parsing = time.process_time()
json.loads(text)
parsing = time.process_time() - parsing
told = {"cpu": cpu, "parsing": parsing, "before": before, "peak": peak}
print(json.dumps(told | {"jobs": jobs["count"], "feeds": feeds["count"]}))
