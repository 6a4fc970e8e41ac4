"""What happens to a dossier around its form: its code, its way to the result, the result on record."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from mocks.igate.catalogues import entry_id
from mocks.igate.client import Answer
from mocks.igate.dossiers import DossierIGate
from mocks.igate.services import VIETNAMESE, Pattern

Json = dict[str, Any]
_PROMISED = timedelta(days=10)
ROWS = (
    (4, "Chuyển phòng chuyên môn xử lý"),
    (9, "Đã xử lý xong, chuyển kết quả"),
    (10, "Đã trả kết quả"),
)
"""A dossier's usual way after it was accepted: the portal's number of the state, and what is said."""


class CounterIGate(DossierIGate):
    """An iGate whose dossiers have codes and dates, go their way, and end in a result.

    A dossier is handed in as one that the desk accepts at once, with a date promised.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        token: str | None,
        services: httpx.AsyncClient,
        clock: Callable[[], datetime],
        unit: str = "Bộ phận Một cửa tỉnh Mẫu",
    ) -> None:
        super().__init__(http, token)
        self._services = services
        self._clock = clock
        self._unit = unit

    async def new_code(self, pattern: Pattern) -> str:
        """The next dossier code of an agency, as the pattern call issues it."""
        asked = {"agency-id": entry_id("agency", pattern.agency), "procedure-id": ""}
        found = await self._services.get("/bd/config/get-pattern", params=asked)
        path = f"/bt/pattern/{found.json()['id']}/--get-next-value"
        issued = await self._services.put(path, params={"code": found.json()["code"]})
        return str(issued.json()["value"])

    async def go_on(self, code: str, officer: str, states: tuple[int, ...] = (4, 9, 10)) -> Answer:
        """Report a dossier's progress, one row a state."""
        said = dict(ROWS)
        now = self._clock().isoformat()
        rows = [
            {"state": state, "actor": officer, "content": said[state], "at": now}
            for state in states
        ]
        return await self._post(f"/v1/dossiers/{code}/progress", {"rows": rows})

    async def store_result(
        self, record: Mapping[str, Any], code: str, procedure: str, result_code: str
    ) -> Answer:
        """Put a finished dossier's result on record, with the code that is printed on it."""
        printed = {
            "dossier": code,
            "procedure": procedure,
            "owner": record["owner"]["personal_id"],
        }
        came = {"dossier": code, "procedure": procedure, "came_as": "result"}
        return await self.store_record(
            {**record, **came, "result_code": result_code, "qr": printed}
        )

    def _dossier(self, *told: Any) -> Json:
        dossier = super()._dossier(*told)
        if dossier["code"] is None:
            return dossier
        now = self._clock()
        dossier["agency"]["name"] = [{"languageId": VIETNAMESE, "name": self._unit}]
        return dossier | {
            "appliedDate": instant_of(now),
            "acceptedDate": instant_of(now),
            "appointmentDate": instant_of(now + _PROMISED),
        }


def instant_of(at: datetime) -> str:
    """A point in time as iGate writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"
