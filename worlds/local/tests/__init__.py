"""Tests of the local stack: the demo, the served cluster, the crash walk."""
