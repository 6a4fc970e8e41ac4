"""Ask the province's own digitised records about one person.

Revoked records are ignored; `_papers/holdings.py` merges the others. A record that is being
digitised gives the time at which it will be available.
"""

from collections.abc import Collection

from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.errors import Busy, SourceUnavailable
from gateway.domain.identifiers import RECORDS, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.records.store import HeldRecords, RecordStore
from gateway.sources._papers.holdings import Holdings
from gateway.sources.source import Question


class RecordsSource:
    """The vault of digitised records (Kho quản lý dữ liệu điện tử) as a source of facts."""

    def __init__(
        self,
        store: RecordStore,
        lists: CodeLists,
        clock: Clock,
    ) -> None:
        self._store = store
        self._clock = clock
        self._holdings = Holdings(store.kinds, lists)

    @property
    def id(self) -> SourceId:
        """`records`."""
        return RECORDS

    @property
    def held(self) -> frozenset[AttributeName]:
        """Every attribute that some kind of record can answer."""
        return self._holdings.held

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Read the owner's valid records with this tenant, in one query.

        NoRecord when there is none of a kind that could answer. Raises SourceUnavailable
        (`storage_busy`, `vault_closed`, `vault_damaged`) when the vault cannot be read.
        """
        kinds = self._holdings.kinds_for(question.wanted)
        if not kinds:
            return NoRecord()
        now = self._clock()
        beside = self._holdings.kinds_beside(kinds) | self._holdings.renaming
        held = await self._held(question, kinds | beside)
        deferred = self._holdings.deferred(held.awaited, kinds, question.wanted, now)
        if not any(one.record.kind in kinds for one in held.records):
            return NoRecord(deferred=deferred)
        papers = self._holdings.papers(held.records, kinds, question.wanted, now)
        return Found(papers, deferred=deferred)

    async def _held(self, question: Question, kinds: Collection[str]) -> HeldRecords:
        try:
            return await self._store.reusable(
                question.purpose.tenant, question.person.personal_id, kinds
            )
        except Busy as error:
            raise SourceUnavailable(error.code) from error
