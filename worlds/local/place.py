"""Where a stack is, made up."""

REGION = "eu-west-1"
ACCOUNT = "123456789012"
