"""Tests of the code that speaks Elasticsearch."""
