"""The vault of digitised records of the province."""

from gateway.sources.records._client import RecordsSource

__all__ = ["RecordsSource"]
