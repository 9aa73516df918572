"""The lines of row 5, the cold start."""

from benchmark.lines import Goal, Line

FUNCTIONS = ("Closer", "Sweeper", "ForceCloser", "Reopener")
SLOWEST = "the slowest function: first answer with"


def _cold(what: str, name: str, memory: str) -> Line:
    """Return the line of a first answer with some memory."""
    official = f"5.official.{memory}.answered"
    peers = (("official client", official), ("bare", f"5.bare.{memory}.answered"))
    half = Goal(0.5, official, says="≤ half of the official client")
    return Line(what, "ms", f"5.{name}.{memory}.answered", peers, (half,))


STARTS = (
    *(
        _cold(f"{name}: first answer on a whole CPU", name, "full")
        for name in FUNCTIONS
    ),
    _cold(f"{SLOWEST} 512 MB", "ours", "512"),
    _cold(f"{SLOWEST} 256 MB", "ours", "256"),
    Line(
        "the largest function: memory at its peak",
        "MB",
        "5.ours.full.peak",
        (("official client", "5.official.full.peak"), ("bare", "5.bare.full.peak")),
    ),
)
