"""Define a digitised record, and read it from what a caller sends.

    {"kind", "owner": {"personal_id", "full_name"?}, "number", "issuer", "issued_on",
     "valid_until"|null, "dossier"|null, "content": {...},
     "file": {"name", "sha256", "media_type", "url"?}|null, ...}

`issued_on` and `valid_until` are whole dates or absent; `dossier` is the case that brought it in. A
record may also say where the paper came from and who vouches for it (Circular 01/2023/TT-VPCP):

    procedure        code of the procedure whose result or component the paper is
    came_as          `result` of a dossier, or `component` handed in with one
    result_code      the result's own code (mã kết quả), such as `KQ.G07.000122`
    qr               what the printed code says: {dossier, procedure, owner, title}; it may not
                     differ from what the record says
    issuer_signature JWS in compact form by a key of the issuer, see `issuers.py`
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.domain.identifiers import DossierCode, PersonalId, ProcedureCode
from gateway.records._contents import (
    MOST_NAME,
    check_content,
    check_object,
    check_personal_id,
    check_text,
    place_in,
    refuse,
)
from gateway.records.kinds import Kinds

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REQUIRED = ("kind", "owner", "number", "issuer", "content")
_DIGITISATION = ("procedure", "came_as", "result_code", "qr", "issuer_signature")
_MEMBERS = frozenset({*_REQUIRED, "issued_on", "valid_until", "dossier", "file", *_DIGITISATION})
_LONGEST_SIGNATURE = 20_000
_RESULT_CODE = re.compile(r"[0-9A-Z]+(?:[.-][0-9A-Z]+)*")
_LONGEST_RESULT_CODE = 60


@dataclass(frozen=True, slots=True)
class Digitisation:
    """What accompanies a digitised paper (thông tin số hóa); nothing where nothing was said."""

    procedure: str | None = None
    came_as: str | None = None
    result_code: str | None = None
    qr: Mapping[str, str] | None = field(default=None, repr=False)
    issuer_signature: str | None = field(default=None, repr=False)

    def document(self) -> dict[str, Any]:
        """The members that say something, as they were sent."""
        given = {name: getattr(self, name) for name in _DIGITISATION}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Record:
    """A digitised paper or result of one person (giấy tờ, kết quả số hóa)."""

    kind: str
    owner: PersonalId
    owner_name: str | None = field(repr=False)
    number: str = field(repr=False)
    issuer: str = field(repr=False)
    issued_on: date | None
    valid_until: date | None
    dossier: str | None
    content: Mapping[str, Any] = field(repr=False)
    file: Mapping[str, str] | None = field(repr=False)
    digitisation: Digitisation = Digitisation()

    def document(self) -> dict[str, Any]:
        """The record in the shape in which it was sent."""
        return {
            "kind": self.kind,
            "owner": {"personal_id": self.owner.digits, "full_name": self.owner_name},
            "number": self.number,
            "issuer": self.issuer,
            "issued_on": None if self.issued_on is None else self.issued_on.isoformat(),
            "valid_until": None if self.valid_until is None else self.valid_until.isoformat(),
            "dossier": self.dossier,
            "content": dict(self.content),
            "file": None if self.file is None else dict(self.file),
            **self.digitisation.document(),
        }


def read_record(sent: Mapping[str, Any], kinds: Kinds) -> Record:
    """Take in what a caller sent; raises RecordRefused, which names the first place that is wrong."""
    for name in sent:
        if name not in _MEMBERS:
            refuse("unknown_member", "a record has no such member", place_in("", name).lstrip("."))
    for name in _REQUIRED:
        if sent.get(name) is None:
            refuse("missing", "a record has this member", name)
    check_text(sent["kind"], "kind")
    kind = kinds[sent["kind"]]
    check_object(
        sent["owner"], "owner", {"personal_id": check_personal_id, "full_name": check_text}
    )
    check_text(sent["number"], "number", MOST_NAME)
    check_text(sent["issuer"], "issuer")
    if not isinstance(sent["content"], Mapping):
        refuse("wrong_type", "an object is expected", "content")
    check_content(kind, sent["content"])
    record = Record(
        kind=kind.name,
        owner=check_personal_id(sent["owner"].get("personal_id"), "owner.personal_id"),
        owner_name=sent["owner"].get("full_name"),
        number=sent["number"],
        issuer=sent["issuer"],
        issued_on=_day(sent.get("issued_on"), "issued_on"),
        valid_until=_day(sent.get("valid_until"), "valid_until"),
        dossier=_dossier(sent.get("dossier")),
        content=sent["content"],
        file=_file(sent.get("file")),
        digitisation=_read_digitisation(sent),
    )
    if record.issued_on and record.valid_until and record.valid_until < record.issued_on:
        refuse("impossible_date", "a record is valid from its issue on", "valid_until")
    return record


def stored_record(document: Mapping[str, Any]) -> Record:
    """A record from the vault; it was checked when it was taken in."""
    issued_on, valid_until = document["issued_on"], document["valid_until"]
    return Record(
        kind=document["kind"],
        owner=PersonalId(document["owner"]["personal_id"]),
        owner_name=document["owner"]["full_name"],
        number=document["number"],
        issuer=document["issuer"],
        issued_on=None if issued_on is None else date.fromisoformat(issued_on),
        valid_until=None if valid_until is None else date.fromisoformat(valid_until),
        dossier=document["dossier"],
        content=document["content"],
        file=document["file"],
        digitisation=Digitisation(**{n: document[n] for n in _DIGITISATION if n in document}),
    )


def _day(value: Any, place: str) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str):
        refuse("wrong_type", "a text is expected", place)
    if not _DATE.fullmatch(value):
        refuse("impossible_date", "a whole date, YYYY-MM-DD", place)
    try:
        return date.fromisoformat(value)
    except ValueError:
        refuse("impossible_date", "no calendar has this date", place)


def _dossier(value: Any) -> str | None:
    if value is None:
        return None
    check_dossier(value, "dossier")
    return str(value)


def _file(value: Any) -> Mapping[str, str] | None:
    if value is None:
        return None
    check_object(
        value,
        "file",
        {"name": check_text, "sha256": _digest, "media_type": check_text, "url": check_text},
    )
    for name in ("name", "sha256", "media_type"):
        if value.get(name) is None:
            refuse("missing", "a file has this member", f"file.{name}")
    return {name: text for name, text in value.items() if text is not None}


def _digest(value: Any, place: str) -> None:
    if not (isinstance(value, str) and _SHA256.fullmatch(value)):
        refuse("malformed_digest", "64 lower-case hexadecimal digits are expected", place)


def _read_digitisation(sent: Mapping[str, Any]) -> Digitisation:
    """Take in what accompanies a paper; raises RecordRefused over the first place that is wrong."""
    procedure, came_as, result_code, qr, signature = (sent.get(name) for name in _DIGITISATION)
    if procedure is not None:
        _check_procedure(procedure, "procedure")
    if came_as is not None and came_as not in ("result", "component"):
        refuse("unknown_origin", "`result` or `component`", "came_as")
    if result_code is not None:
        _check_result_code(result_code)
    if signature is not None:
        check_text(signature, "issuer_signature", _LONGEST_SIGNATURE)
    return Digitisation(procedure, came_as, result_code, _qr(qr, sent), signature)


def _check_procedure(value: Any, place: str) -> None:
    """Raise RecordRefused unless the value is a procedure's code."""
    check_text(value, place)
    try:
        ProcedureCode(value)
    except ValueError:
        refuse("malformed_procedure", "a procedure code reads like 1.004222", place)


def check_dossier(value: Any, place: str) -> None:
    """Raise RecordRefused unless the value is a dossier's code."""
    check_text(value, place)
    try:
        DossierCode(value)
    except ValueError:
        refuse("malformed_dossier", "a dossier code reads agency-date-number", place)


def _check_result_code(value: Any) -> None:
    check_text(value, "result_code", _LONGEST_RESULT_CODE)
    if not _RESULT_CODE.fullmatch(value):
        refuse("malformed_result_code", "capitals and digits in parts", "result_code")


def _qr(said: Any, sent: Mapping[str, Any]) -> Mapping[str, str] | None:
    """What the printed code says, which may not be another paper's."""
    if said is None:
        return None
    members = {
        "dossier": check_dossier,
        "procedure": _check_procedure,
        "owner": check_personal_id,
        "title": check_text,
    }
    check_object(said, "qr", members)
    stated = {**sent, "owner": sent["owner"].get("personal_id")}
    for name in ("dossier", "procedure", "owner"):
        printed, other = said.get(name), stated.get(name)
        if printed is not None and other is not None and printed != other:
            refuse("qr_disagrees", "the printed code is another paper's", f"qr.{name}")
    return {name: text for name, text in said.items() if text is not None}
