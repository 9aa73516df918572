"""The fault matrix: its rows, the tests that show them, and docs/reliability.md."""
