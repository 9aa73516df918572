"""Makes untrusted text safe for a log, a terminal and a message; pure."""


def printable(text: str, most: int = 1_000) -> str:
    """Return up to `most` characters, with `?` for each that is not printable.

    JSON can hold a lone surrogate, which UTF-8 cannot encode. A log line that contains
    one is lost.
    """
    return "".join(c if c.isprintable() else "?" for c in text[:most])
