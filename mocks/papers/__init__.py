"""The citizen's store of papers on the national portal. Mostly our own design."""

from mocks.papers.app import FORWARD, PapersMock
from mocks.papers.desk import LOGIN, SEARCH
from mocks.papers.settings import PapersMockSettings
from mocks.papers.shelf import has_store, only_there, papers_of
from mocks.people import Population

__all__ = [
    "FORWARD",
    "LOGIN",
    "SEARCH",
    "PapersMock",
    "PapersMockSettings",
    "create_papers_mock",
    "has_store",
    "only_there",
    "papers_of",
]


def create_papers_mock(
    settings: PapersMockSettings | None = None, population: Population | None = None
) -> PapersMock:
    """An application of its own sessions and journal; by default one unit, and the usual people."""
    return PapersMock(settings or PapersMockSettings(), population or Population())
