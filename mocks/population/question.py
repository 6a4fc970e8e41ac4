"""Parse a SOAP request to the population database, and check that every field is well formed.

Envelope/Body/<operation>: MaYeuCau, MaDVC, MaTichHop, MaCanBo, [MaDonVi, TaiKhoan,
SoDienThoai,] SoDinhDanh | SoCMND, HoVaTen, NgayThangNamSinh
NgayThangNamSinh: child NgayThangNam (yyyyMMdd, yyyy-MM-dd), or child Nam (yyyy), or the flat
text of one of the two full dates. Everything else is refused; that it is, is ours.
"""

import datetime
import re
import unicodedata
from dataclasses import dataclass

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST = "http://dancuquocgia.bca"
OPERATIONS = {
    "037": "TraCuuThongTinCongDan",
    "033": "XacThucThongTinCongDan",
    "034": "XacThucThongTinHoGiaDinh",
}
"""Service -> operation; the operation of 034 is ours."""

ORDER = (
    "MaYeuCau",
    "MaDVC",
    "MaTichHop",
    "MaCanBo",
    "MaDonVi",
    "TaiKhoan",
    "SoDienThoai",
    "SoDinhDanh",
    "SoCMND",
    "HoVaTen",
    "NgayThangNamSinh",
    "SoDinhDanhChuHo",
)
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
)
_REQUIRED = ("MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "HoVaTen")
_FORMATS = {
    "MaYeuCau": re.compile(r"\S{1,40}"),
    "MaDVC": re.compile(r"VPCP|[0-9]\.[0-9]{6}"),
    "MaTichHop": re.compile(r"[0-9]{1,20}"),
    "MaCanBo": re.compile(r"[0-9A-Za-z._@-]{1,20}"),
    "MaDonVi": re.compile(
        r"(?=.{1,35}\Z)(?:[A-Y][0-9]{2}(?:\.[0-9A-Z]+)*|[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})"
    ),
    "SoDinhDanh": re.compile(r"[0-9]{12}"),
    "SoDinhDanhChuHo": re.compile(r"[0-9]{12}"),
    "SoCMND": re.compile(r"[0-9]{9}"),
    "HoVaTen": re.compile(r".{1,100}", re.DOTALL),
}
_DATE = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_YEAR = re.compile(r"[0-9]{4}")
_MARKS_AND_SIGNS = re.compile(r"[^A-Za-z0-9]")
_NAMES = {f"{{{REQUEST}}}{name}": name for name in ORDER}


class Malformed(Exception):
    """The request cannot be taken; the text names the element and the rule, never a value."""


@dataclass(frozen=True, slots=True)
class Question:
    """One well-formed request. `birth` is `YYYY-MM-DD`, or `YYYY` where only the year was sent."""

    operation: str
    request_id: str
    procedure: str
    service: str
    officer: str
    agency: str | None
    number: str
    by_old_number: bool
    name: str
    birth: str | None
    head: str | None


def read_envelope(body: bytes) -> etree._Element:
    """The operation element of a SOAP 1.1 envelope; Malformed for anything else.

    Document types, entities and outside references are refused before they can do anything.
    """
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("the body is no XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("a document type is not taken")
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Malformed("the root is no SOAP 1.1 Envelope")
    soap_body = root.find(f"{{{SOAP}}}Body")
    if soap_body is None or len(soap_body) != 1:
        raise Malformed("Body must hold one operation")
    return soap_body[0]


def read_fields(operation: etree._Element, strict_order: bool) -> dict[str, etree._Element]:
    """The operation's children by name; unknown or repeated ones are refused, order by switch."""
    fields: dict[str, etree._Element] = {}
    last = -1
    for child in operation:
        name = _NAMES.get(child.tag)
        if name is None:
            raise Malformed("an element is not part of the request")
        if name in fields:
            raise Malformed(f"{name} stands twice")
        if strict_order:
            place = ORDER.index(name)
            if place < last:
                raise Malformed(f"{name} is out of order")
            last = place
        fields[name] = child
    return fields


def read_question(operation: str, fields: dict[str, etree._Element]) -> Question:
    """The request's values, each checked; Malformed names the first that is wrong."""
    texts = {name: _text(name, fields[name]) for name in fields if name != "NgayThangNamSinh"}
    for name in _REQUIRED:
        if not texts.get(name):
            raise Malformed(f"{name} is required")
    for name, text in texts.items():
        pattern = _FORMATS.get(name)
        if text and pattern is not None and not pattern.fullmatch(text):
            raise Malformed(f"{name} is malformed")
    number, old_number = texts.get("SoDinhDanh"), texts.get("SoCMND")
    if bool(number) == bool(old_number):
        raise Malformed("one of SoDinhDanh and SoCMND is required")
    birth = _birth(fields.get("NgayThangNamSinh"))
    if birth is None and operation == OPERATIONS["037"]:
        raise Malformed("NgayThangNamSinh is required")
    head = texts.get("SoDinhDanhChuHo") or None
    if (head is not None) != (operation == OPERATIONS["034"]):
        raise Malformed("SoDinhDanhChuHo belongs to the household service")
    return Question(
        operation,
        texts["MaYeuCau"],
        texts["MaDVC"],
        texts["MaTichHop"],
        texts["MaCanBo"],
        texts.get("MaDonVi") or None,
        number or old_number or "",
        not number,
        normalised(texts["HoVaTen"]),
        birth,
        head,
    )


def normalised(name: str) -> str:
    """A name without marks, spaces and case, as callers send it: `Nguyễn Văn Đức` -> NGUYENVANDUC."""
    if not name.isascii():
        name = name.replace("Đ", "D").replace("đ", "d")
        name = unicodedata.normalize("NFD", name)
    return _MARKS_AND_SIGNS.sub("", name).upper()


def _text(name: str, element: etree._Element) -> str:
    if len(element):
        raise Malformed(f"{name} holds elements")
    return element.text or ""


def _birth(element: etree._Element | None) -> str | None:
    if element is None:
        return None
    if not len(element):
        return _full_date(element.text or "")
    if len(element) > 1:
        raise Malformed("NgayThangNamSinh holds one of NgayThangNam and Nam")
    text = element[0].text or ""
    if element[0].tag == f"{{{REQUEST}}}NgayThangNam":
        return _full_date(text)
    if element[0].tag == f"{{{REQUEST}}}Nam" and _YEAR.fullmatch(text):
        return text
    raise Malformed("NgayThangNamSinh is malformed")


def _full_date(text: str) -> str:
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise Malformed("NgayThangNamSinh is malformed")
    year, _, month, day = parts.groups()
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise Malformed("NgayThangNamSinh is malformed") from None
