"""Answer one call to the store, before any fault is applied.

Sure: the envelope `{"error_code", "message", "result"}` of the portal, codes as strings, success only
where the code is 0 and the message says so. Likely: the path of the sign-in and its two members.
Ours: everything else, namely

    POST /bndp/public/v1/login           {"username", "password"} -> ..., "session"
    POST /bndp/public/v1/papers/search   {"session", "madonvi", "maYeuCau", "maTTHC", "maHoSo",
                                          "owner", "kinds": [...]} -> ..., "result": [...]
    GET  /bndp/public/v1/papers/{id}/file   with the header `session`: the file itself

    -1 no session, or one that is over   -2 a member is missing, named   -4 wrong unit or password
    -5 the store does not open for this procedure                          -6 no such paper
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mocks.adapter import PROTOCOL, Refused, Sessions, members, refused, success
from mocks.journal import Journal
from mocks.papers.asked import Asked
from mocks.papers.settings import PapersMockSettings
from mocks.papers.shelf import file_of, laid, papers_of
from mocks.people import Population
from mocks.wire import Reply

LOGIN: str = PROTOCOL["personal_papers"]["login"]["path"]
SEARCH: str = PROTOCOL["personal_papers"]["search"]["path"]
FILE = re.compile(r"/bndp/public/v1/papers/(gt[0-9a-f]{24})/file")

_PDF = b"application/pdf"
_SEARCH_MEMBERS = ("session", "madonvi", "maYeuCau", "maTTHC", "maHoSo", "owner", "kinds")

Work = Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]]
"""What is done with the members: the outcome for the journal, and what is told beside it."""


class Desk:
    """Signs a unit in, finds a person's papers, hands files out, and notes everything down."""

    def __init__(
        self, settings: PapersMockSettings, population: Population, journal: Journal[Asked]
    ) -> None:
        self._settings = settings
        self._population = population
        self._journal = journal
        self._sessions = Sessions(
            {settings.unit: settings.password},
            settings.clock,
            settings.session_seconds,
            one_per_unit=False,
        )
        self._handed_out: set[str] = set()
        self._put_in: dict[int, list[dict[str, Any]]] = {}

    def end_sessions(self) -> None:
        """Every session is over from now on."""
        self._sessions.end_all()

    def put_in(self, n: int, records: list[dict[str, Any]]) -> None:
        """From now on person n's store holds these papers alone, each in the shape of `records_of`."""
        self._put_in[n] = [laid(record) for record in records]

    def put_back(self) -> None:
        """Every store holds again what it held at first."""
        self._put_in.clear()

    def login(self, body: bytes) -> Reply:
        """A new session for the unit."""
        return self._answered("login", body, self._login)

    def search(self, body: bytes) -> Reply:
        """The papers of one owner, of the kinds that are named."""
        return self._answered("search", body, self._search)

    def file(self, session: str, paper_id: str) -> Reply:
        """The file of a paper that a search has found."""
        try:
            self._sessions.unit(session)
            if paper_id not in self._handed_out:
                raise Refused("unknown", "giấy tờ này")
        except Refused as error:
            return self._refuse("file", error, {})
        self._note("file", "found", {})
        return Reply(200, file_of(paper_id), _PDF)

    def _answered(self, call: str, body: bytes, work: Work) -> Reply:
        asked = members(body)
        if asked is None:
            self._note(call, "malformed", {})
            return refused(Refused("missing", "không phải JSON"), 400)
        try:
            outcome, told = work(asked)
        except Refused as error:
            return self._refuse(call, error, asked)
        self._note(call, outcome, asked)
        return success(**told)

    def _login(self, asked: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        _check_members(asked, ("username", "password"))
        return "ok", {"session": self._sessions.open(asked["username"], asked["password"])}

    def _search(self, asked: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        _check_members(asked, _SEARCH_MEMBERS)
        self._sessions.unit(asked["session"])
        if asked["maTTHC"] in self._settings.closed_to:
            raise Refused("not_allowed", "tra cứu")
        person = self._population.by_number(asked["owner"])
        mine = person is not None and person.personal_id == asked["owner"]
        papers = self._papers(person.n) if person is not None and mine else []
        found = [one for one in papers if one["paper"]["kind"] in asked["kinds"]]
        self._handed_out |= {one["id"] for one in found}
        return ("found" if found else "no_paper"), {"result": found}

    def _papers(self, n: int) -> list[dict[str, Any]]:
        put_in = self._put_in.get(n)
        return papers_of(self._population, n) if put_in is None else put_in

    def _refuse(self, call: str, error: Refused, asked: Mapping[str, Any]) -> Reply:
        self._note(call, f"refused_{error.code.removeprefix('-')}", asked)
        return refused(error)

    def _note(self, call: str, outcome: str, asked: Mapping[str, Any]) -> None:
        kinds = asked.get("kinds")
        said = {name: _text(asked.get(name)) for name in ("maYeuCau", "maTTHC", "maHoSo", "owner")}
        self._journal.add(
            Asked(
                self._settings.clock(),
                call,
                outcome,
                said["maYeuCau"],
                said["maTTHC"],
                said["maHoSo"],
                said["owner"],
                tuple(map(str, kinds)) if isinstance(kinds, list) else (),
            )
        )


def _check_members(asked: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Every member is there, in the type that the portal uses: texts, and one list of texts."""
    for name in names:
        value = asked.get(name)
        texts = value if name == "kinds" else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise Refused("missing", name)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
