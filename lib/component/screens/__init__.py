"""Answers to the design screens: credentials, drop-downs and metadata."""
