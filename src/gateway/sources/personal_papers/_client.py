"""Ask the citizen's store of papers about one person, and read its papers."""

from collections.abc import Collection
from dataclasses import replace

from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.identifiers import PERSONAL_PAPERS, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.records.issuers import Issuers
from gateway.records.kinds import Kinds
from gateway.sources._papers.holdings import Holdings
from gateway.sources.personal_papers._wire import (
    SEARCH,
    Papers,
    Refused,
    read_papers,
)
from gateway.sources.source import Question
from gateway.upstream.adapter import Adapter

NO_ISSUERS = Issuers()


class PersonalPapers:
    """The citizen's own papers on the portal (kho giấy tờ cá nhân trên Cổng DVCQG).

    A paper is vouched for where it bears a signature of its issuer that this deployment can check.
    """

    def __init__(
        self,
        adapter: Adapter,
        kinds: Kinds,
        lists: CodeLists,
        clock: Clock,
        issuers: Issuers = NO_ISSUERS,
    ) -> None:
        self._adapter = adapter
        self._kinds = kinds
        self._holdings = Holdings(kinds, lists)
        self._spouses = {kind.spouse for kind in kinds.by_name.values()}
        self._clock = clock
        self._issuers = issuers

    @property
    def id(self) -> SourceId:
        """`personal_papers`."""
        return PERSONAL_PAPERS

    @property
    def held(self) -> frozenset[AttributeName]:
        """Every attribute that some kind of paper can answer, except the spouse.

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
            replace(
                one,
                stored_at=min(one.stored_at, now),  # no paper lies there from tomorrow on
                vouched=self._issuers.vouch(one.record),
            )
            for one in answer.papers
            if one.record.kind in asked
        ]
        if not any(one.record.kind in kinds for one in offered):
            return NoRecord(attempts)
        surplus = answer.unknown + len(answer.papers) - len(offered)
        return Found(self._holdings.papers(offered, kinds, wanted, now), surplus, attempts)

    async def _search(
        self, question: Question, kinds: Collection[str]
    ) -> tuple[Papers | Refused, int]:
        owner = question.person.personal_id.digits
        asked = {
            "maYeuCau": question.ref,
            "maTTHC": question.purpose.procedure,
            "maHoSo": question.purpose.dossier,
            "owner": owner,
            "kinds": sorted(kinds),
        }
        return await self._adapter.call(
            SEARCH, asked, lambda envelope: read_papers(envelope, owner, self._kinds)
        )
