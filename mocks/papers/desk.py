"""What does the store answer to one call, before anything goes wrong on the way?

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

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mocks.papers.journal import Asked, Journal
from mocks.papers.settings import PapersMockSettings
from mocks.papers.shelf import file_of, papers_of
from mocks.people import Population

LOGIN = "/bndp/public/v1/login"
SEARCH = "/bndp/public/v1/papers/search"
FILE = re.compile(r"/bndp/public/v1/papers/(gt[0-9a-f]{24})/file")
DONE = "Thành công"

_JSON, _PDF = b"application/json", b"application/pdf"
_SEARCH_MEMBERS = ("session", "madonvi", "maYeuCau", "maTTHC", "maHoSo", "owner", "kinds")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = field(repr=False)
    content_type: bytes = _JSON


class Refused(Exception):
    """An error of the envelope."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Desk:
    """Signs a unit in, finds a person's papers, hands files out, and notes everything down."""

    def __init__(
        self, settings: PapersMockSettings, population: Population, journal: Journal
    ) -> None:
        self._settings = settings
        self._population = population
        self._journal = journal
        self._sessions: dict[str, float] = {}
        self._handed_out: set[str] = set()

    def end_sessions(self) -> None:
        """Every session is over from now on."""
        self._sessions.clear()

    def login(self, body: bytes) -> Answer:
        """A new session for the unit."""
        return self._answered("login", body, self._login)

    def search(self, body: bytes) -> Answer:
        """The papers of one owner, of the kinds that are named."""
        return self._answered("search", body, self._search)

    def file(self, session: str, paper_id: str) -> Answer:
        """The file of a paper that a search has found."""
        try:
            self._check_session(session)
            if paper_id not in self._handed_out:
                raise Refused(-6, "không có giấy tờ này")
        except Refused as refused:
            return self._refuse("file", refused, {})
        self._note("file", "found", {})
        return Answer(200, file_of(paper_id), _PDF)

    def _answered(self, call: str, body: bytes, work: Any) -> Answer:
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            self._note(call, "malformed", {})
            return Answer(400, _envelope(-2, "không phải JSON"))
        try:
            outcome, told = work(asked)
        except Refused as refused:
            return self._refuse(call, refused, asked)
        self._note(call, outcome, asked)
        return Answer(200, _envelope(0, DONE, **told))

    def _login(self, asked: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        _check_members(asked, ("username", "password"))
        given = f"{asked['username']}\n{asked['password']}".encode()
        expected = f"{self._settings.unit}\n{self._settings.password}".encode()
        if not hmac.compare_digest(given, expected):
            raise Refused(-4, "sai tài khoản")
        session = secrets.token_urlsafe(24)
        self._sessions[session] = self._settings.clock() + self._settings.session_seconds
        return "ok", {"session": session}

    def _search(self, asked: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        _check_members(asked, _SEARCH_MEMBERS)
        self._check_session(asked["session"])
        if asked["maTTHC"] in self._settings.closed_to:
            raise Refused(-5, "không được phép tra cứu")
        person = self._population.by_number(asked["owner"])
        mine = person is not None and person.personal_id == asked["owner"]
        papers = papers_of(self._population, person.n) if person is not None and mine else []
        found = [one for one in papers if one["paper"]["kind"] in asked["kinds"]]
        self._handed_out |= {one["id"] for one in found}
        return ("found" if found else "no_paper"), {"result": found}

    def _check_session(self, session: str) -> None:
        if self._sessions.get(session, 0.0) <= self._settings.clock():
            raise Refused(-1, "phiên làm việc đã hết hạn")

    def _refuse(self, call: str, refused: Refused, asked: Mapping[str, Any]) -> Answer:
        self._note(call, f"refused_{-refused.code}", asked)
        return Answer(200, _envelope(refused.code, refused.message))

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
            raise Refused(-2, f"thiếu trường {name}")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _envelope(code: int, message: str, **more: Any) -> bytes:
    told = {"error_code": str(code), "message": message, **more}
    return json.dumps(told, ensure_ascii=False).encode()
