"""Why a job gets its verdict, and what would change it; pure."""
