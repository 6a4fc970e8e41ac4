"""Client of the national portal: one method for each of its calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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


class _Answered(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, coerce_numbers_to_str=True)


_M = TypeVar("_M", bound=_Answered)


class _Listed(_Answered):
    MATTHC: str
    TENTTHC: str


class _Reported(_Answered):
    MATTHC: str
    THANG: str
    SOBAOCAO: int


class _Sector(_Answered):
    MALINHVUC: str
    TENLINHVUC: str


class _Audience(_Answered):
    TENDOITUONG: str


class _Tree(_Answered):
    MATTHC: str
    TENTTHC: str
    TRANGTHAI: str
    LINHVUCTHUCHIEN: Annotated[list[_Sector], Field(min_length=1)]
    DOITUONGTHUCHIEN: list[_Audience]
    KETQUATHUCHIEN: object


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
        return {one.MATTHC: one.TENTTHC for one in (_read(_Listed, row) for row in listed)}

    async def reported(self, first: str, last: str) -> dict[tuple[str, str], int]:
        """`DoiSoatHoSo`: what the national report counts, by procedure and month (yyyyMM)."""
        rows = await self._ask("DoiSoatHoSo", tuThang=first, denThang=last)
        counted = [_read(_Reported, row) for row in rows]
        return {(one.MATTHC, one.THANG): one.SOBAOCAO for one in counted}

    async def procedure(self, code: str) -> tuple[PortalProcedure, object] | None:
        """`LayThuTuc`: one procedure and its whole tree; None where there is none."""

        def read(envelope: Envelope) -> list[object]:
            unknown = self.protocol.answers["unknown_procedure"].code
            return [] if envelope.code == unknown else _result_of(envelope)

        found, _ = await self._call("LayThuTuc", read, maTTHC=code)
        return None if not found else (_procedure(found[0]), found[0])

    async def _ask(self, service: str, **members: object) -> list[object]:
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


def _result_of(envelope: Envelope) -> list[object]:
    if not envelope.succeeded:
        raise SourceUnavailable("refused")
    if envelope.result is None:
        raise SourceBrokeContract("unreadable")
    return envelope.result


def _procedure(answer: object) -> PortalProcedure:
    tree = _read(_Tree, answer)
    sector = tree.LINHVUCTHUCHIEN[0]
    return PortalProcedure(
        code=tree.MATTHC,
        name=tree.TENTTHC,
        sector=sector.MALINHVUC,
        sector_name=sector.TENLINHVUC,
        public=tree.TRANGTHAI == _PUBLIC,
        for_citizens=any(
            one.TENDOITUONG.casefold().startswith(_CITIZENS) for one in tree.DOITUONGTHUCHIEN
        ),
        has_result=bool(tree.KETQUATHUCHIEN),
    )


def _read(model: type[_M], value: object) -> _M:
    try:
        return model.model_validate(value)
    except ValidationError:
        raise SourceBrokeContract("unreadable") from None
