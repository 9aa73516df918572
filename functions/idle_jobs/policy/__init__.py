"""May this job be closed? Pure: values only, no network, no clock, no JSON."""
