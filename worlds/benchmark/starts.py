"""The lines of row 5, the cold start."""

from benchmark.lines import Goal, Line

FUNCTIONS = ("Closer", "Sweeper", "ForceCloser", "Reopener")


def _cold(memory: str, label: str) -> list[Line]:
    """Return the lines of the first answers with some memory."""
    official = f"5.official.{memory}.answered"
    bare = f"5.bare.{memory}.answered"
    peers = (("official client", official), ("bare handler", bare))
    half = (Goal(0.5, official, says="≤ half of the official client"),)
    return [
        Line(
            f"{name}: first answer {label}",
            "ms",
            f"5.{name}.{memory}.answered",
            peers,
            half,
        )
        for name in FUNCTIONS
    ]


STARTS = (
    *_cold("full", "on a whole CPU"),
    *_cold("512", "with 512 MB"),
    *_cold("256", "with 256 MB"),
    *(
        Line(
            f"{name}: memory at its peak",
            "MB",
            f"5.{name}.full.peak",
            (("official client", "5.official.full.peak"), ("bare", "5.bare.full.peak")),
        )
        for name in FUNCTIONS
    ),
)
