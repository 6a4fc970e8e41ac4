"""How is the citizen's store of papers asked about one person, and what do its papers say?"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

import httpx

from gateway.domain.errors import SourceUnavailable
from gateway.domain.identifiers import PERSONAL_PAPERS, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.records.kinds import Kinds
from gateway.sources.codelists import CodeLists
from gateway.sources.holdings import Holdings
from gateway.sources.personal_papers.wire import (
    LOGIN,
    SEARCH,
    SESSION_OVER,
    Papers,
    Refused,
    read_papers,
    read_session,
    write_body,
)
from gateway.sources.source import Question
from gateway.upstream.exchange import Exchange


@dataclass(frozen=True, slots=True)
class PapersSettings:
    """One unit's account at the store, and the way there.

    `url` is the adapter's address up to `/forward`; `unit`, the unit's code, is the user name.
    """

    url: str
    unit: str
    password: str = field(repr=False)
    dstcode: str
    dstcode_in: Literal["header", "query"]
    provider_url: str


class PersonalPapers:
    """The citizen's own papers on the portal (kho giấy tờ cá nhân trên Cổng DVCQG)."""

    def __init__(
        self,
        settings: PapersSettings,
        exchange: Exchange,
        kinds: Kinds,
        lists: CodeLists,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._kinds = kinds
        self._holdings = Holdings(kinds, lists)
        self._spouses = {kind.spouse for kind in kinds.by_name.values()}
        self._clock = clock
        self._session: str | None = None
        self._signing_in = asyncio.Lock()

    @property
    def id(self) -> SourceId:
        """`personal_papers`."""
        return PERSONAL_PAPERS

    @property
    def held(self) -> frozenset[AttributeName]:
        """What some kind of paper can answer, but for the spouse.

        A marriage may have ended by a paper that does not lie in this store.
        """
        return self._holdings.held - self._spouses

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Search the owner's store once, for the kinds that could answer and no others.

        NoRecord when none of them is there, NotPermitted when the store does not open. A session
        that is over costs one more sign-in and one more search. Raises SourceError.
        """
        wanted = question.wanted & self.held
        kinds = self._holdings.kinds_for(wanted)
        if not kinds:
            return NoRecord(attempts=0)
        asked = kinds | self._holdings.kinds_beside(kinds)
        answer, attempts = await self._search(question, asked)
        if isinstance(answer, Refused):
            return NotPermitted(answer.code, attempts)
        now = self._clock()
        offered = [
            replace(one, stored_at=min(one.stored_at, now))  # no paper lies there from tomorrow on
            for one in answer.papers
            if one.record.kind in asked
        ]
        if not any(one.record.kind in kinds for one in offered):
            return NoRecord(attempts)
        surplus = answer.unknown + len(answer.papers) - len(offered)
        return Found(self._holdings.facts(offered, kinds, wanted, now), surplus, attempts)

    async def _search(
        self, question: Question, kinds: Collection[str]
    ) -> tuple[Papers | Refused, int]:
        """Search in the session that stands; once more in a new one where that is over."""
        session = await self._signed_in()
        answer, attempts = await self._search_once(question, kinds, session)
        if answer != Refused(SESSION_OVER):
            return answer, attempts
        session = await self._signed_in(spent=session)
        answer, more = await self._search_once(question, kinds, session)
        if answer == Refused(SESSION_OVER):
            raise SourceUnavailable("sign_in_refused", attempts + more)
        return answer, attempts + more

    async def _search_once(
        self, question: Question, kinds: Collection[str], session: str
    ) -> tuple[Papers | Refused, int]:
        owner = question.person.personal_id.digits
        body = write_body(
            {
                "session": session,
                "madonvi": self._settings.unit,
                "maYeuCau": question.ref,
                "maTTHC": question.purpose.procedure,
                "maHoSo": question.purpose.dossier,
                "owner": owner,
                "kinds": sorted(kinds),
            }
        )
        return await self._exchange.read(
            lambda: self._request(SEARCH, body),
            lambda content: read_papers(content, owner, self._kinds),
        )

    async def _signed_in(self, spent: str | None = None) -> str:
        """The session that stands; a new one where there is none, or where it is the spent one.

        Whoever comes while somebody signs in waits for that session instead of making another.
        """
        async with self._signing_in:
            session = self._session
            if session is None or session == spent:
                account = {"username": self._settings.unit, "password": self._settings.password}
                body = write_body(account)
                self._session = None
                renewed, _ = await self._exchange.read(
                    lambda: self._request(LOGIN, body), read_session
                )
                self._session = session = renewed
            return session

    def _request(self, path: str, body: bytes) -> httpx.Request:
        settings = self._settings
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Charset": "utf-8",
        }
        query = {"providerurl": settings.provider_url}
        if settings.dstcode_in == "header":
            headers["dstcode"] = settings.dstcode
        else:
            query["dstcode"] = settings.dstcode
        address = httpx.URL(settings.url.rstrip("/") + path, params=query)
        return httpx.Request("POST", address, headers=headers, content=body)
