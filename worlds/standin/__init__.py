"""A stand-in for an Elasticsearch cluster with machine learning, and its control.

`cluster` answers as Elasticsearch does, in process or over HTTP; `control` turns its
clock and its faults. It knows nothing of Idle Job Closer: it may import itself alone.
"""
