"""A deployed stack: its resources, mode, queues and logs."""
