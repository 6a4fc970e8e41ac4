"""Client of the national portal: one method for each of its calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gateway.domain.errors import SourceBrokeContract, SourceUnavailable
from gateway.dossiers._portal.protocol import Protocol
from gateway.dossiers._portal.wire import (
    DOSSIER_SERVICE,
    STEPS_SERVICE,
    Answer,
    PortalProcedure,
    Row,
    read_answer,
)
from gateway.upstream.adapter import Adapter, Envelope

T = TypeVar("T")

_PUBLIC = "1"
_STATES = frozenset(map(str, range(1, 11)))
_CITIZENS = "công dân"


@dataclass(frozen=True, slots=True)
class HeldThere:
    """The portal has the dossier; its state where it says one."""

    state: int | None


@dataclass(frozen=True, slots=True)
class Portal:
    """The National Public Service Portal (Cổng Dịch vụ công quốc gia), as one unit reaches it.

    Every call raises SourceUnavailable or SourceBrokeContract where the portal does not answer in
    the words that were agreed.
    """

    adapter: Adapter = field(repr=False)
    protocol: Protocol = field(repr=False)

    async def look_up(self, code: str) -> HeldThere | None:
        """`TraCuuHoSo`: whether the portal has a dossier of this code."""
        found = await self._ask("TraCuuHoSo", mahoso=code)
        if not found:
            return None
        state = str(found[0].get("TRANGTHAI")) if isinstance(found[0], dict) else ""
        return HeldThere(int(state) if state in _STATES else None)

    async def tell_dossier(self, row: Row, *, updating: bool) -> Answer:
        """`DongBoHoSoMC` with one dossier, new or as an update."""
        return await self._tell(DOSSIER_SERVICE, isUpdating=str(updating), data=[row])

    async def tell_steps(self, rows: Sequence[Row]) -> Answer:
        """`CapNhatTienDoHoSoMC` with rows of one dossier."""
        return await self._tell(STEPS_SERVICE, data=list(rows))

    async def procedures(self) -> dict[str, str]:
        """`LayDanhSachTTHC`: name by code of every procedure that takes dossiers."""
        listed = await self._ask("LayDanhSachTTHC")
        try:
            return {str(one["MATTHC"]): str(one["TENTTHC"]) for one in listed}
        except (KeyError, TypeError):
            raise SourceBrokeContract("unreadable") from None

    async def reported(self, first: str, last: str) -> dict[tuple[str, str], int]:
        """`DoiSoatHoSo`: what the national report counts, by procedure and month (yyyyMM)."""
        rows = await self._ask("DoiSoatHoSo", tuThang=first, denThang=last)
        try:
            return {(str(r["MATTHC"]), str(r["THANG"])): int(r["SOBAOCAO"]) for r in rows}
        except (KeyError, TypeError, ValueError):
            raise SourceBrokeContract("unreadable") from None

    async def procedure(self, code: str) -> tuple[PortalProcedure, dict[str, Any]] | None:
        """`LayThuTuc`: one procedure and its whole tree; None where there is none."""

        def read(envelope: Envelope) -> list[Any]:
            unknown = self.protocol.answers["unknown_procedure"]["code"]
            return [] if envelope.code == unknown else _result_of(envelope)

        found, _ = await self._call("LayThuTuc", read, maTTHC=code)
        return None if not found else (_procedure(found[0]), found[0])

    async def _ask(self, service: str, **members: object) -> list[Any]:
        answer, _ = await self._call(service, _result_of, **members)
        return answer

    async def _tell(self, service: str, **members: object) -> Answer:
        answer, _ = await self._call(
            service, lambda envelope: read_answer(envelope, self.protocol, service), **members
        )
        return answer

    async def _call(
        self, service: str, read: Callable[[Envelope], T], **members: object
    ) -> tuple[T, int]:
        asked = {"service": service, **members}
        return await self.adapter.call(self.protocol.call_path, asked, read)


def _result_of(envelope: Envelope) -> list[Any]:
    if not envelope.succeeded:
        raise SourceUnavailable("refused")
    if envelope.result is None:
        raise SourceBrokeContract("unreadable")
    return envelope.result


def _procedure(tree: Any) -> PortalProcedure:
    try:
        sector = tree["LINHVUCTHUCHIEN"][0]
        return PortalProcedure(
            code=str(tree["MATTHC"]),
            name=str(tree["TENTTHC"]),
            sector=str(sector["MALINHVUC"]),
            sector_name=str(sector["TENLINHVUC"]),
            public=str(tree["TRANGTHAI"]) == _PUBLIC,
            for_citizens=any(
                str(one["TENDOITUONG"]).casefold().startswith(_CITIZENS)
                for one in tree["DOITUONGTHUCHIEN"]
            ),
            has_result=bool(tree["KETQUATHUCHIEN"]),
        )
    except (KeyError, IndexError, TypeError):
        raise SourceBrokeContract("unreadable") from None
