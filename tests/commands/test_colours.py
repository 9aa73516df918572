"""What is printed can be read on a dark and on a light background."""

from idle_jobs_cli.output.terminal import COLOURS

# Each is hard to see on black or on white, in one of the usual palettes.
VANISHING = {"yellow", "cyan", "white", "black", "blue", "dim"}


def test_no_colour_vanishes() -> None:
    """Words are in the terminal's own colour, or in one that both have."""
    styles = {word for style in COLOURS.values() for word in style.split()}

    assert set() == styles & VANISHING
