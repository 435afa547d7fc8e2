"""Answers to the design screens: credentials and drop-downs."""
