"""What is one digitised record, and how is it read from what a caller sends?

    {"kind", "owner": {"personal_id", "full_name"?}, "number", "issuer", "issued_on",
     "valid_until"|null, "dossier"|null, "content": {...},
     "file": {"name", "sha256", "media_type", "url"?}|null, ...}

`issued_on` and `valid_until` are whole dates or absent; `dossier` is the case that brought it in;
where it came from and who vouches for it may stand beside (`digitisation.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.domain.identifiers import PersonalId
from gateway.records.contents import (
    MOST_NAME,
    check_content,
    check_object,
    check_personal_id,
    check_text,
    place_in,
    refuse,
)
from gateway.records.digitisation import MEMBERS as DIGITISATION
from gateway.records.digitisation import Digitisation, check_dossier, read_digitisation
from gateway.records.kinds import Kinds

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REQUIRED = ("kind", "owner", "number", "issuer", "content")
_MEMBERS = frozenset({*_REQUIRED, "issued_on", "valid_until", "dossier", "file", *DIGITISATION})


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
        digitisation=read_digitisation(sent),
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
        digitisation=Digitisation(**{n: document[n] for n in DIGITISATION if n in document}),
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
