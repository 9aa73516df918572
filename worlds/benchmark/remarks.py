"""What keeps a measure from its target, for docs/performance.md: by its values."""

REMARKS: dict[str, str] = {}
