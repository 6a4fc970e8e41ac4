"""Clients, tokens, grants, limits and idempotency: who may do what, how often, and only once."""
