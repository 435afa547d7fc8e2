"""The studio: a page on this machine on which flows are drawn and run."""
