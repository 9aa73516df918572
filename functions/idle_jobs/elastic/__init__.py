"""The only package that calls Elasticsearch: its lists, its errors, its close API."""
