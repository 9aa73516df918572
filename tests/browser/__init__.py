"""The report in a real browser: what it shows, and that it asks for nothing."""
