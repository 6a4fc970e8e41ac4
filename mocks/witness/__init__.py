"""A witness of transparency logs (C2SP tlog-witness): it cosigns what only grows, and remembers."""

from mocks.witness.app import WitnessMock

__all__ = ["WitnessMock"]
