"""The plan of a sweep: as a document, what changed since, what to show of it; pure."""
