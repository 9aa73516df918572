"""`make bench`: speed, size and cost beside what people would use instead.

Each subject runs in a process of its own: the cluster, each execution environment of a
function as it was built, and each peer. It may know the product's messages and code,
the stand-in, the local stack and the simulation.
"""
