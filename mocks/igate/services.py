"""iGate's own services: the next dossier code, and the shared catalogues.

    GET /bd/config/get-pattern?agency-id=&procedure-id=    which pattern an agency numbers by
    PUT /bt/pattern/{id}/--get-next-value?code=            the next value of that pattern
    GET /ba/nation · /ba/place/--search?nation-id=&parent-type-id=&parent-id= · /ba/ethnic/name/--limit

The calls are likely, their answers ours: `{"id", "code"}` of a pattern, `{"value"}` of a number,
Spring pages of `{"id", "code", "name": [{"languageId", "name"}]}`. Two agencies number in the older
format, `<agency>-<yyMMdd>-<4 digits>`, and in that of 2026, `<agency>-<yyyyMMdd>-<7 digits>`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from mocks.igate.catalogues import COMMUNES_OF, ETHNICITIES, NATIONS, PROVINCES_OF, entry_id
from mocks.people.words import COMMUNES, ETHNIC_GROUPS, PROVINCES
from mocks.wire import UNDISTURBED, Application, Call, OnTheWay, Reply, told

VIETNAMESE = 228
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_NEXT = re.compile(r"/bt/pattern/([0-9a-f]{24})/--get-next-value")
_LONGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Pattern:
    """How one agency numbers its dossiers."""

    agency: str
    day: str
    digits: int

    @property
    def id(self) -> str:
        """The pattern's id."""
        return entry_id("pattern", self.agency)

    def value(self, at: datetime, number: int) -> str:
        """The code of the dossier of that number on that day."""
        return f"{self.agency}-{at:{self.day}}-{number:0{self.digits}d}"


OLDER = Pattern("000.00.01.H99", "%y%m%d", 4)
OF_2026 = Pattern("H99.01", "%Y%m%d", 7)


class IGateServices(Application):
    """The services behind one iGate; `state.issued` are the codes in the order of their issue."""

    def __init__(self, clock: Callable[[], datetime], patterns: Iterable[Pattern] = ()) -> None:
        self._clock = clock
        self._patterns = {one.id: one for one in patterns or (OLDER, OF_2026)}
        self._numbers = Counter[str]()
        self.state = SimpleNamespace(issued=[])

    def answered(self, call: Call) -> tuple[Reply, OnTheWay]:
        """One call; 404 for what iGate does not have."""
        return self._reply(call), UNDISTURBED

    def _reply(self, call: Call) -> Reply:
        if call.method == "PUT" and (asked := _NEXT.fullmatch(call.path)):
            return self._next(asked.group(1))
        if call.method != "GET":
            return Reply(404)
        match call.path:
            case "/bd/config/get-pattern":
                return self._pattern(call.asked("agency-id") or "")
            case "/ba/nation":
                return _page(call, [_entry(NATIONS, "VN", "Việt Nam")])
            case "/ba/place/--search":
                return _page(call, _places(call.asked("parent-id")))
            case "/ba/ethnic/name/--limit":
                groups = ETHNIC_GROUPS.values()
                return _page(call, [_entry(ETHNICITIES, one.code, one.label) for one in groups])
        return Reply(404)

    def _pattern(self, agency_id: str) -> Reply:
        for pattern in self._patterns.values():
            if entry_id("agency", pattern.agency) == agency_id:
                return told({"id": pattern.id, "code": pattern.agency})
        return Reply(404)

    def _next(self, pattern_id: str) -> Reply:
        pattern = self._patterns.get(pattern_id)
        if pattern is None:
            return Reply(404)
        today = self._clock().astimezone(_ZONE)
        counted = f"{pattern_id} {today:%Y%m%d}"
        self._numbers[counted] += 1
        code = pattern.value(today, self._numbers[counted])
        self.state.issued.append(code)
        return told({"value": code})


def _places(parent: str | None) -> list[dict[str, Any]]:
    """The provinces, or a province's communes."""
    if parent in (None, "", entry_id(NATIONS, "VN")):
        return [_entry(PROVINCES_OF, one.code, one.label) for one in PROVINCES.values()]
    return [
        _entry(COMMUNES_OF, commune.code, commune.label)
        for province, commune in COMMUNES
        if entry_id(PROVINCES_OF, province.code) == parent
    ]


def _entry(catalogue: str, code: str, label: str) -> dict[str, Any]:
    name = [{"languageId": VIETNAMESE, "name": label}]
    return {"id": entry_id(catalogue, code), "code": code, "name": name}


def _page(call: Call, entries: list[dict[str, Any]]) -> Reply:
    """A page as Spring gives it."""
    try:
        page, size = int(call.asked("page") or 0), int(call.asked("size") or _LONGEST_PAGE)
    except ValueError:
        return Reply(400)
    if page < 0 or not 0 < size <= _LONGEST_PAGE:
        return Reply(400)
    shown = entries[page * size :][:size]
    last = (page + 1) * size >= len(entries)
    return told({"content": shown, "totalElements": len(entries), "number": page, "last": last})
