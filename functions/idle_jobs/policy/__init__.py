"""May this job be closed? Pure: it knows values, and no network, clock or JSON."""
