"""Which step comes next for a message, given the present state of its job? Pure."""
