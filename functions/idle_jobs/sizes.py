"""Amounts of memory as people read them; pure."""


def spoken_bytes(count: float) -> str:
    """Return an amount of memory as text, "" for none."""
    if not count:
        return ""
    if count < 1024**3:
        return f"{count / 1024**2:.0f} MB"
    return f"{count / 1024**3:.1f} GB"
