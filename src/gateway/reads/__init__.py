"""Reads of a person's data: the locks that each must open, and what it leaves in the log."""
