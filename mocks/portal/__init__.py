"""The National Public Service Portal (Cổng DVCQG) as a province's systems see it."""

from mocks.people import Population
from mocks.portal.app import PortalMock
from mocks.portal.desk import CALL, LOGIN
from mocks.portal.settings import PortalMockSettings

__all__ = ["CALL", "LOGIN", "PortalMock", "PortalMockSettings", "create_portal_mock"]


def create_portal_mock(
    settings: PortalMockSettings | None = None, population: Population | None = None
) -> PortalMock:
    """An application of its own dossiers and journal; by default one unit, and the usual people."""
    return PortalMock(settings or PortalMockSettings(), population or Population())
