"""Fails when it is loaded."""

raise RuntimeError("broken on purpose")
