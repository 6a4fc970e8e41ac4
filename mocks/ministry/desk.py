"""The state of the ministry's adapter, and its refusals."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mocks.adapter import PROTOCOL, Refused
from mocks.adapter.fields import check, fields_of, is_written_as
from mocks.ministry.settings import MinistryMockSettings
from mocks.portal.dossiers import belongs_to, check_transition
from mocks.portal.settings import VIETNAM

Json = dict[str, Any]

_SAID: Json = PROTOCOL["ministry"]
_LISTS = {**_SAID["lists"], "states": PROTOCOL["lists"]["states"]}
_CREATE, _PROGRESS, _STATE = (
    fields_of(_SAID[name], _LISTS) for name in ("create", "progress", "state")
)
_BESIDE = ("DanhSachLePhi", "DanhSachGiayToKetQua")
_STATES_WITH_THEM = frozenset(_SAID["states_with_fees_and_results"])


class Forbidden(Exception):
    """The client has no right to this agency."""


@dataclass(slots=True)
class Kept:
    """One dossier: what was said of it, its state, and the rows in the order of their coming."""

    id: str
    code: str
    said: Json = field(repr=False)
    state: str = "1"
    progress: list[Json] = field(default_factory=list)
    states: list[Json] = field(default_factory=list)

    def as_json(self) -> Json:
        """The dossier as `/_mock/state` shows it."""
        return {
            "id": self.id,
            "state": self.state,
            "said": self.said,
            "progress": self.progress,
            "states": self.states,
        }


class Desk:
    """Issues tokens and dossier codes, keeps files by their hash, and takes dossiers."""

    def __init__(self, settings: MinistryMockSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens: dict[str, float] = {}
        self._issued: set[str] = set()
        self._last = Counter[str]()
        self.files: dict[str, str] = {}
        self.kept: dict[str, Kept] = {}

    def end_tokens(self) -> None:
        """Every token is over from now on."""
        self._tokens.clear()

    def token(self, client_id: str, client_secret: str) -> Json | None:
        """A new token, or None for another client."""
        settings = self._settings
        expected = f"{settings.client_id}\n{settings.client_secret}".encode()
        if not secrets.compare_digest(f"{client_id}\n{client_secret}".encode(), expected):
            return None
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self._clock() + settings.token_seconds
        return {
            "access_token": token,
            "expires_in": int(settings.token_seconds),
            "token_type": "Bearer",
            "scope": "default",
        }

    def knows(self, authorization: str) -> bool:
        """Whether a header carries a token that is not over."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self._tokens.get(token, 0.0) > self._clock()

    def next_code(self, code: str) -> str:
        """The next dossier code of a unit, or for a procedure of the client's own unit."""
        agency = self._settings.unit if is_written_as("procedure", code) else code
        if not (is_written_as("agency_new", agency) or is_written_as("agency_old", agency)):
            raise Refused("malformed", "code")
        self._check_agency(agency)
        today = datetime.fromtimestamp(self._clock(), VIETNAM).strftime("%Y%m%d")
        self._last[agency] += 1
        issued = f"{agency}-{today}-{self._last[agency]:07d}"
        self._issued.add(issued)
        return issued

    def upload(self, contents: list[bytes]) -> list[Json]:
        """Keep files by id and hash."""
        if not contents:
            raise Refused("missing", "files")
        told = []
        for content in contents:
            file_id, digest = secrets.token_hex(12), hashlib.sha256(content).hexdigest()
            self.files[file_id] = digest
            told.append({"IdTepTin": file_id, "HashTepTin": digest})
        return told

    def create(self, said: Any) -> Json:
        """Take a dossier under a code that was issued; Refused `exists` when it is there already."""
        check(_CREATE, said)
        self._check_agency(said["MaDonViTiepNhan"])
        if said["MaHoSo"] in self.kept:
            raise Refused("exists", "MaHoSo")
        if said["MaHoSo"] not in self._issued:
            raise Refused("unknown", "MaHoSo đã cấp")
        self._check_files(said)
        kept = Kept(secrets.token_hex(12), said["MaHoSo"], said)
        self.kept[kept.code] = kept
        return self.named(kept.code)

    def named(self, code: str) -> Json:
        """Both names of a dossier."""
        return {"idHoSo": self.kept[code].id, "maHoSo": code}

    def _check_files(self, said: Json) -> None:
        for number, component in enumerate(said.get("ThanhPhanHoSo", ())):
            for which, file in enumerate(component.get("GiayToDinhKem", ())):
                place = f"ThanhPhanHoSo[{number}].GiayToDinhKem[{which}]"
                if file["IdGiayTo"] not in self.files:
                    raise Refused("unknown", f"{place}.IdGiayTo")
                if self.files[file["IdGiayTo"]] != file["HashTepTin"]:
                    raise Refused("malformed", f"{place}.HashTepTin")

    def progress(self, rows: object) -> None:
        """Take progress rows, all or none; one that is there word for word is not added again."""
        self._move(rows, _PROGRESS, "IDHoSo", lambda kept: kept.progress)

    def state(self, rows: object) -> None:
        """Take states, all or none; fees and results come with some states only."""
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and row.get("TrangThai") not in _STATES_WITH_THEM:
                for member in _BESIDE:
                    if member in row:
                        raise Refused("malformed", member)
        self._move(rows, _STATE, "IdHoSo", lambda kept: kept.states)

    def _move(
        self, rows: object, fields: Any, id_member: str, shelf: Callable[[Kept], list[Json]]
    ) -> None:
        if not isinstance(rows, list) or not rows:
            raise Refused("malformed", "")
        now: dict[str, str] = {}
        new: list[tuple[Kept, Json]] = []
        for number, row in enumerate(rows):
            check(fields, row, f"[{number}].")
            kept = self.kept.get(row["MaHoSo"])
            if kept is None or kept.id != row[id_member]:
                raise Refused("unknown", f"hồ sơ [{number}]")
            if row in shelf(kept):
                continue
            check_transition(now.get(kept.code, kept.state), row["TrangThai"])
            now[kept.code] = row["TrangThai"]
            new.append((kept, row))
        for kept, row in new:
            shelf(kept).append(row)
            kept.state = row["TrangThai"]

    def _check_agency(self, agency: str) -> None:
        if not belongs_to(self._settings.unit, agency):
            raise Forbidden
