"""What travels through the queues: requests, close messages, outcomes; pure."""
