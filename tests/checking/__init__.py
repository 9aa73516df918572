"""Tests of what is checked before it is sent or deployed."""
