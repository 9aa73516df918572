"""Tests of the runner, and the cases themselves."""
