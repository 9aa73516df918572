"""Stand-ins for what the application meets in the field."""
