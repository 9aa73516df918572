"""Tells a schedule so that a person can follow it: its world, its story, its ends.

It reads a history, in the words of README.md, and judges nothing.
"""
