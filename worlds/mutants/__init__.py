"""Mutants: the product broken in one place at a time, to show that the tests notice.

A mutant is named by what it does wrong and anchored on a function and a meaning, never
on a line of text. It exists only in the process that runs it, which loads the product
and the simulation by name: no line here imports either.
"""
