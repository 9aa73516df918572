"""The cluster that a command reads: where it is, and who asks."""
