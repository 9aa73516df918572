"""A runner for Elastic's YAML REST tests, and cases of our own in that format.

It holds the stand-in to what Elasticsearch does, and may know the stand-in alone.
"""
