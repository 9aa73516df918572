"""Tests of what may be closed."""
