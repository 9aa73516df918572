"""Tests of the mutants: each finds its place, and some die."""
