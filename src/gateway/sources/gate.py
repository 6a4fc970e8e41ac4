"""May a person be read just now? Not while nobody could prove that the read was entered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.domain.errors import SourceUnavailable
from gateway.domain.identifiers import SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.source import IdentitySource, Question, Source


@dataclass(frozen=True, slots=True)
class GatedSource:
    """A source that is asked only while `is_open` says so."""

    source: Source
    is_open: Callable[[], bool]

    @property
    def id(self) -> SourceId:
        """The source's own."""
        return self.source.id

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises SourceUnavailable `log_closed`, without an attempt, while shut."""
        self._check()
        return await self.source.look_up(question)

    def _check(self) -> None:
        if not self.is_open():
            raise SourceUnavailable("log_closed", attempts=0)


@dataclass(frozen=True, slots=True)
class GatedRegister(GatedSource):
    """A gated source that also says who somebody is."""

    source: IdentitySource

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Ask the source; raises as `look_up` does."""
        self._check()
        return await self.source.confirm(question)


def gated(
    sources: Mapping[SourceId, Source], is_open: Callable[[], bool]
) -> dict[SourceId, Source]:
    """The same sources behind one gate."""
    return {
        id_: GatedRegister(source, is_open)
        if isinstance(source, IdentitySource)
        else GatedSource(source, is_open)
        for id_, source in sources.items()
    }
