"""What the three functions share: how idle jobs are found, judged and closed."""
