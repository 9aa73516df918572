"""Checks texts that the application would read; pure."""
