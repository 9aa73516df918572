"""Tests of the next step of a message."""
