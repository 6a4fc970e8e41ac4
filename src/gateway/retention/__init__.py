"""Retention: erasure, rotation of the log, the sweep of expired chains, consistency of rows and leaves."""
