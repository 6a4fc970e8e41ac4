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

from gateway.domain.documents import text, text_in
from gateway.domain.identifiers import DossierCode, PersonalId, ProcedureCode
from gateway.records._contents import (
    MOST_NAME,
    Check,
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

    def document(self) -> dict[str, object]:
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
    content: Mapping[str, object] = field(repr=False)
    file: Mapping[str, str] | None = field(repr=False)
    digitisation: Digitisation = Digitisation()

    def document(self) -> dict[str, object]:
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


def read_record(sent: Mapping[str, object], kinds: Kinds) -> Record:
    """Take in what a caller sent; raises RecordRefused, which names the first place that is wrong."""
    for name in sent:
        if name not in _MEMBERS:
            refuse("unknown_member", "a record has no such member", place_in("", name).lstrip("."))
    for name in _REQUIRED:
        if sent.get(name) is None:
            refuse("missing", "a record has this member", name)
    kind = kinds[check_text(sent["kind"], "kind")]
    owner, owner_name = read_owner(sent["owner"])
    number = check_text(sent["number"], "number", MOST_NAME)
    issuer = check_text(sent["issuer"], "issuer")
    content = sent["content"]
    if not isinstance(content, dict):
        refuse("wrong_type", "an object is expected", "content")
    check_content(kind, content)
    record = Record(
        kind=kind.name,
        owner=owner,
        owner_name=owner_name,
        number=number,
        issuer=issuer,
        issued_on=_day(sent.get("issued_on"), "issued_on"),
        valid_until=_day(sent.get("valid_until"), "valid_until"),
        dossier=read_dossier(sent.get("dossier")),
        content=content,
        file=_file(sent.get("file")),
        digitisation=_read_digitisation(sent, owner),
    )
    if record.issued_on and record.valid_until and record.valid_until < record.issued_on:
        refuse("impossible_date", "a record is valid from its issue on", "valid_until")
    return record


def stored_record(document: Mapping[str, Any]) -> Record:
    """Read a record from the vault; it was validated when it was stored."""
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


def _day(value: object, place: str) -> date | None:
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


def read_owner(value: object) -> tuple[PersonalId, str | None]:
    """Number and name of a record's owner; raises RecordRefused."""
    owner = check_object(
        value, "owner", {"personal_id": check_personal_id, "full_name": check_text}
    )
    number = check_personal_id(owner.get("personal_id"), "owner.personal_id")
    return number, text_in(owner, "full_name")


def read_dossier(value: object, place: str = "dossier") -> str | None:
    """The code of a dossier, where one is named; raises RecordRefused."""
    if value is None:
        return None
    try:
        return DossierCode(check_text(value, place)).text
    except ValueError:
        refuse("malformed_dossier", "a dossier code reads agency-date-number", place)


def _file(value: object) -> Mapping[str, str] | None:
    if value is None:
        return None
    known: dict[str, Check] = {
        "name": check_text,
        "sha256": _digest,
        "media_type": check_text,
        "url": check_text,
    }
    file = _texts(check_object(value, "file", known))
    for name in ("name", "sha256", "media_type"):
        if name not in file:
            refuse("missing", "a file has this member", f"file.{name}")
    return file


def _texts(checked: Mapping[str, object]) -> dict[str, str]:
    return {name: text(value) for name, value in checked.items() if value is not None}


def _digest(value: object, place: str) -> None:
    if not (isinstance(value, str) and _SHA256.fullmatch(value)):
        refuse("malformed_digest", "64 lower-case hexadecimal digits are expected", place)


def _read_digitisation(sent: Mapping[str, object], owner: PersonalId) -> Digitisation:
    """Take in what accompanies a paper; raises RecordRefused over the first place that is wrong."""
    signature = sent.get("issuer_signature")
    return Digitisation(
        procedure=_procedure(sent.get("procedure"), "procedure"),
        came_as=_came_as(sent.get("came_as")),
        result_code=_result_code(sent.get("result_code")),
        qr=_qr(sent, owner),
        issuer_signature=None
        if signature is None
        else check_text(signature, "issuer_signature", _LONGEST_SIGNATURE),
    )


def _procedure(value: object, place: str) -> str | None:
    if value is None:
        return None
    try:
        return ProcedureCode(check_text(value, place)).text
    except ValueError:
        refuse("malformed_procedure", "a procedure code reads like 1.004222", place)


def _came_as(value: object) -> str | None:
    if value is not None and value not in ("result", "component"):
        refuse("unknown_origin", "`result` or `component`", "came_as")
    return None if value is None else str(value)


def _result_code(value: object) -> str | None:
    if value is None:
        return None
    code = check_text(value, "result_code", _LONGEST_RESULT_CODE)
    if not _RESULT_CODE.fullmatch(code):
        refuse("malformed_result_code", "capitals and digits in parts", "result_code")
    return code


def _qr(sent: Mapping[str, object], owner: PersonalId) -> Mapping[str, str] | None:
    """The content of the printed code, which must match the record."""
    if sent.get("qr") is None:
        return None
    known: dict[str, Check] = {
        "dossier": read_dossier,
        "procedure": _procedure,
        "owner": check_personal_id,
        "title": check_text,
    }
    printed = _texts(check_object(sent["qr"], "qr", known))
    stated = {**sent, "owner": owner.digits}
    for name in ("dossier", "procedure", "owner"):
        other = stated.get(name)
        if other is not None and printed.get(name, other) != other:
            refuse("qr_disagrees", "the printed code is another paper's", f"qr.{name}")
    return printed
