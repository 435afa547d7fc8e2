"""What an action costs, side by side with its peers: ``python -m benchmarks --help``."""
