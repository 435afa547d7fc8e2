"""Cost of an action, side by side with its peers: ``python -m benchmarks --help``."""
