"""Row 4: dollars per 1,000 closes, by what row 3 has counted, and for an idle month."""

import math
from collections.abc import Mapping

from benchmark.lambda_time import drawn
from benchmark.results import Results
from benchmark.sizes import Sizes
from costs import PRICES, idle_month
from local.intrinsics import load_template
from local.topology import TEMPLATE
from local.translation import translate

# The smallest that there is, which is enough for the official client.
PEER_MEMORY = 128
# Of a workflow: it asks for the close, and then waits, looks and chooses, again and
# again.
POLL = 30
EACH_POLL = 3
GB = 1024


def lambda_dollars(gb_seconds: float, invocations: float) -> float:
    """Return what invocations cost that took so long together."""
    work: float = gb_seconds * PRICES["lambda_gb_second"]
    asked: float = invocations / 1e6 * PRICES["lambda_million_requests"]
    return work + asked


def our_dollars(counted: Mapping[str, float]) -> dict[str, float]:
    """Return what 1,000 closes cost, and each part of it."""
    parts = {
        "lambda": lambda_dollars(counted["gb_seconds"], counted["invocations"]),
        "sqs": counted["sqs"] / 1e6 * PRICES["sqs_million_requests"],
        "ledger": counted["writes"] / 1e6 * PRICES["dynamodb_million_writes"],
        "log": counted["log"] / 1e6 * PRICES["log_gb_ingested"],
    }
    return {"dollars": sum(parts.values())} | parts


def transitions(seconds: float) -> int:
    """Return how many states a workflow enters for a close that takes so long."""
    return 1 + EACH_POLL * math.ceil(seconds / POLL)


async def dollars(sizes: Sizes, results: Results) -> None:
    """Compute it from the figures of row 3, which has to come first."""
    names = ("gb_seconds", "invocations", "sqs", "writes", "log")
    counted = {name: results.of(f"3.ours.{name}") or 0 for name in names}
    results.add("4.ours", **our_dollars(counted))
    for peer in ("ten", "each"):
        seconds = results.of(f"3.{peer}.seconds") or 0
        invocations = results.of(f"3.{peer}.invocations") or 0
        cost = lambda_dollars(seconds * PEER_MEMORY / GB, invocations)
        results.add(f"4.{peer}", dollars=cost)
    takes = [each.total_seconds() for each in drawn(sizes.simulated)]
    entered = sum(map(transitions, takes)) * 1000 / len(takes)
    price = PRICES["state_transition_thousand"] / 1000
    results.add("4.workflow", dollars=entered * price, transitions=entered)
    month = idle_month(translate(load_template(TEMPLATE), {})["Resources"])
    results.add("4.ours", month=sum(item.dollars for item in month))
