"""Flows: their files, the checks before they run, and a runner in this process."""
