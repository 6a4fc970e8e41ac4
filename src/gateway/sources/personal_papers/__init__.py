"""The citizen's own store of papers on the national portal."""

from gateway.sources.personal_papers._client import PersonalPapers
from gateway.sources.personal_papers._wire import LOGIN

__all__ = ["LOGIN", "PersonalPapers"]
