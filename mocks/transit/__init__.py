"""A key service in the interface of Vault's transit engine: its key never leaves it."""

from mocks.transit.app import TransitMock

__all__ = ["TransitMock"]
