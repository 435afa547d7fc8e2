"""Triggers, one module each, loaded by the paths in component.json."""
