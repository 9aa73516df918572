"""Input that nobody would send who means well: request bodies and cluster answers."""
