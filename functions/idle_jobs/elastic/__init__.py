"""The only package that speaks Elasticsearch: its lists, its errors, its close API."""
