"""A ministry's adapter as iGate calls it. Six calls of 2026, likely; paths and checks are ours.

    POST /token                 form client_id, client_secret   -> {"access_token", "expires_in", …}
    GET  /ma-ho-so?code=        a unit's code or a procedure's  -> {"value"}
    POST /tep-tin               multipart `files`               -> data: [{"IdTepTin", "HashTepTin"}]
    POST /NoiHoSo               a dossier                       -> data: {"idHoSo", "maHoSo"}
    POST /CapNhatTienTrinh      array of progress rows          -> data: []
    POST /CapNhatTrangThai      array of states                 -> data: []

All but the first two answer `{"code", "message", "data"}`, `code` being the HTTP status. Members,
codes and date styles stand under `ministry` of `schemas/portal-protocol.json`.
"""

from mocks.ministry.app import MinistryMock
from mocks.ministry.settings import MinistryMockSettings

__all__ = ["MinistryMock", "MinistryMockSettings", "create_ministry_mock"]


def create_ministry_mock(settings: MinistryMockSettings | None = None) -> MinistryMock:
    """An application of its own dossiers and journal; by default one client."""
    return MinistryMock(settings or MinistryMockSettings())
