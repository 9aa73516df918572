"""The report as one HTML page: what it shows, its charts, and how it is written."""
