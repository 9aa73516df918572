"""What keeps a measure from its target, for docs/performance.md: by its values."""

# Measured one after the other in one process, the least of seven runs.
START = (
    "of 268 CPU ms until a function is ready, Python, Lambda's runtime client, "
    "Powertools, requests and botocore's session take 168, and the models of AWS's "
    "services 45"
)
FUNCTIONS = ("Closer", "Sweeper", "ForceCloser", "Reopener")
REMARKS: dict[str, str] = {
    "1.ours.closed": (
        "three batches of ten are in flight at most, which alone takes 6.7 s; each "
        "also counts, reads, proves and writes to the ledger"
    ),
    "1.ours.cpu": "as row 6",
    "2.ours.times.closed": (
        "a batch begins once all of its closes have room (`MaxClosing`), so some of "
        "the 32 places are free for a while; to begin with five costs a fifth more of "
        "Lambda"
    ),
    "2.ours.billed": (
        "a batch of ten waits 0.3 s for its answers, 30 s for all; the rest is "
        "counting, proving and writing"
    ),
    "2.ours.at_once": (
        "three batches may count at the same moment, so 20 more are possible; with a "
        "lock for them it was 32, and in the simulation a third slower"
    ),
    "3.ours.seconds": "the looks that wait for room, and those that prove a close",
    "4.ours.dollars": (
        "for 1,000 jobs at once, two thirds of the invocations find no room "
        "(`MaxClosing`): Lambda 0.0017, SQS 0.0016, the log 0.0013, the ledger 0.0007"
    ),
    "6.ours.cpu": (
        "about a third of it is the item in the ledger, which botocore writes, and a "
        "third the calls through requests"
    ),
    "7.ours.cpu": (
        "half of it is the reading of 300 jobs in packs that fit into a request line; "
        "12 ms are there with one job"
    ),
    "8.100.growth": "each size is measured once; in four runs it was 1.03 to 1.13",
    **{f"5.{name}.full.answered": START for name in FUNCTIONS},
    **{f"5.ours.{mb}.answered": "as above" for mb in (512, 256)},
}
