"""Measure how many fields citizens no longer declare, so that anybody can recount the figures."""
