"""Triggers: modules that start flows."""
