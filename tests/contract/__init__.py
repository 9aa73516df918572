"""Tests of what the project says of itself: template, documents, arrows."""
