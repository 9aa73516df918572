"""A runner for Elastic's YAML REST tests, and cases of our own in that format."""
