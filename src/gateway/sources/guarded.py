"""Wrap sources for the prefill: asked only while the log takes entries, every outcome counted."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gateway.domain.errors import SourceUnavailable
from gateway.domain.identifiers import SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.source import IdentitySource, Question, Source

UNAVAILABLE = "unavailable"
OUTCOMES = {Found: "found", NoRecord: "no_record", NotPermitted: "not_permitted"}


@dataclass(frozen=True, slots=True)
class CountedSource:
    """A source whose answers are counted by kind; a time-out counts as `unavailable`."""

    source: Source
    reads: Counter[tuple[SourceId, str]]

    @property
    def id(self) -> SourceId:
        """The id of the wrapped source."""
        return self.source.id

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises what it raises."""
        return await self._count(self.source.look_up(question))

    async def _count(
        self, asking: Awaitable[Found | NoRecord | NotPermitted]
    ) -> Found | NoRecord | NotPermitted:
        outcome = UNAVAILABLE
        try:
            reply = await asking
            outcome = OUTCOMES[type(reply)]
            return reply
        finally:
            self.reads[self.id, outcome] += 1


@dataclass(frozen=True, slots=True)
class CountedRegister(CountedSource):
    """A counted source that also confirms identities; a confirmation is counted as a read."""

    source: IdentitySource

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises what it raises."""
        return await self._count(self.source.confirm(question))


def counted(
    sources: Mapping[SourceId, Source], reads: Counter[tuple[SourceId, str]]
) -> dict[SourceId, Source]:
    """The same sources, with the counter of each outcome initialised to 0."""
    for id_ in sources:
        reads.update({(id_, outcome): 0 for outcome in (*OUTCOMES.values(), UNAVAILABLE)})
    return {
        id_: CountedRegister(source, reads)
        if isinstance(source, IdentitySource)
        else CountedSource(source, reads)
        for id_, source in sources.items()
    }


@dataclass(frozen=True, slots=True)
class GatedSource:
    """A source that is asked only while `is_open` says so."""

    source: Source
    is_open: Callable[[], bool]

    @property
    def id(self) -> SourceId:
        """The id of the wrapped source."""
        return self.source.id

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises SourceUnavailable `log_closed`, without an attempt, while the gate is closed."""
        self._check()
        return await self.source.look_up(question)

    def _check(self) -> None:
        if not self.is_open():
            raise SourceUnavailable("log_closed", attempts=0)


@dataclass(frozen=True, slots=True)
class GatedRegister(GatedSource):
    """A gated source that also confirms identities."""

    source: IdentitySource

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises as `look_up` does."""
        self._check()
        return await self.source.confirm(question)


def gated(
    sources: Mapping[SourceId, Source], is_open: Callable[[], bool]
) -> dict[SourceId, Source]:
    """The same sources, each called only while `is_open` returns true."""
    return {
        id_: GatedRegister(source, is_open)
        if isinstance(source, IdentitySource)
        else GatedSource(source, is_open)
        for id_, source in sources.items()
    }
