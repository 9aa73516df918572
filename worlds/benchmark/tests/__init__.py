"""Tests of the benchmark: its pure parts, and each row at a small size."""
