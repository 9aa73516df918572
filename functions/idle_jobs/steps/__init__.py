"""What is the next step for a message, given its job's state just read? Pure."""
