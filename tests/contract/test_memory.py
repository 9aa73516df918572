"""What docs/operating.md says of the functions' memory, and of snapshots of it."""

import re

from contract.test_arrows import ROOT
from costs import HOURS, PRICES, idle_month
from local.intrinsics import load_template
from local.topology import TEMPLATE, Topology
from local.translation import translate

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
SECTION = PAGE.partition("## Memory and cold starts")[2]
FUNCTIONS = Topology.load().functions.values()


def test_the_memory_is_that_of_the_template() -> None:
    """Whoever changes it says there why."""
    told = {int(size.replace(",", "")) for size in re.findall(r"([\d,]+) MB", SECTION)}

    assert {function.memory for function in FUNCTIONS} <= told


def test_snapshots_would_cost_more_than_all_the_rest() -> None:
    """That is why there are none: AWS charges for each second that it keeps them."""
    resources = translate(load_template(TEMPLATE), {})["Resources"]
    rest = sum(item.dollars for item in idle_month(resources))
    gigabytes = sum(function.memory for function in FUNCTIONS) / 1024
    kept = gigabytes * HOURS * 3600 * PRICES["snap_start_gb_second"]

    assert f"${kept:.2f} a month in all" in SECTION
    assert kept > rest
    # To restore one for each sweep is little beside that.
    assert HOURS * 1.25 * PRICES["snap_start_gb_restored"] < 0.2
    assert not [r for r in resources.values() if "SnapStart" in r.get("Properties", {})]
