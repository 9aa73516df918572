"""The operator's commands, as `make help` lists them: they talk to a deployed stack."""
