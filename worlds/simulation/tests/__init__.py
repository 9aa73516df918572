"""Tests of the simulation, of its checker and of its models."""
