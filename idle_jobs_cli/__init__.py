"""The command `idle-jobs`: what an operator sees, asks and does."""
