"""What others wrote, made fit for a log, a terminal and a message; pure."""


def printable(text: str, most: int = 1_000) -> str:
    """Return a text up to a length, with `?` for what no terminal should be sent.

    JSON can write half a surrogate pair, which no encoding can: with one in it, the
    whole line of the log is lost.
    """
    return "".join(c if c.isprintable() else "?" for c in text[:most])
