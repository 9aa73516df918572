"""What the queues and logs carry: requests, close messages, outcomes; pure."""
