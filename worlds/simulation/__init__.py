"""A deterministic simulation: one seed is one schedule of faults, people and closings.

The product's own stories run against models of SQS and Lambda, the stand-in's core and
a virtual clock. What happens is written down as a `History`, which the checker reads.
It may know the product, the stand-in and the local stack. The checker imports nothing
of the product.
"""
