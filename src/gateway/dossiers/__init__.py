"""Telling the national portal: what the province registers, and what the portal knows of it."""
