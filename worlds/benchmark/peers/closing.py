"""Closes jobs with Elastic's official client: `closing.py URL KEY HOW IDS WARM`.

HOW is JSON: `threads`, `stats` (reads before and after each close), and `ca`. IDS and
WARM are JSON lists. It prints seconds and CPU seconds. It knows nothing of the product.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from elasticsearch import Elasticsearch

url, key, how, ids, warm = sys.argv[1], sys.argv[2], *map(json.loads, sys.argv[3:6])
threads, stats = how["threads"], how["stats"]
trust = {"ca_certs": how["ca"]} if how["ca"] else {}
# By default the client keeps ten connections, and would make new ones for the others.
client = Elasticsearch(url, api_key=key, connections_per_node=threads, **trust)


def close(job_id: str) -> None:
    """Close one job, and look at it before and after that if it is asked for."""
    if stats:
        client.ml.get_job_stats(job_id=job_id)
    client.ml.close_job(job_id=job_id)
    if stats:
        client.ml.get_job_stats(job_id=job_id)


with ThreadPoolExecutor(threads) as pool:
    run = pool.map if threads > 1 else map
    list(run(close, warm))
    begun, cpu = time.perf_counter(), time.process_time()
    list(run(close, ids))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
print(json.dumps({"seconds": seconds, "cpu": cpu}))
