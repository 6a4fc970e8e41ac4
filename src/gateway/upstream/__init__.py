"""Calls to other systems, and the translation of their failures."""
