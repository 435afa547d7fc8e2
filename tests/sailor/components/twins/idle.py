"""Has no process function."""
