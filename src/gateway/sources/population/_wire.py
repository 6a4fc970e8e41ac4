"""Write the requests of services 037 and 033, and accept or refuse what comes as their answer.

SOAP 1.1. The request holds, in this order: MaYeuCau, MaDVC, MaTichHop, MaCanBo, MaDonVi,
SoDinhDanh, HoVaTen (capitals without marks and blanks), NgayThangNamSinh with NgayThangNam
(yyyyMMdd) or Nam (yyyy), which 033 may leave out. The answer is read as

    Envelope/Body/CongdanCollection[@ThoiDiemDuLieu]/CongDan     037: a person, or none
    TonTai true | false, or SoLuongCongDan, a count; anywhere    033: whether there is one
    errorCode 004 | 005, anywhere                                a refusal

whatever its namespaces. A CongDan without a name is nobody: the database does not say which part
of the question failed.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from gateway.domain.errors import SourceBrokeContract
from gateway.domain.facts import PartialDate
from gateway.sources._papers.places import VIETNAM
from gateway.sources.population._reading import local_name, text_of

RECORD: Final = "037"
CONFIRMATION: Final = "033"
ANY_PROCEDURE: Final = "VPCP"
LONGEST: Final = {"MaYeuCau": 40, "MaDVC": 20, "MaCanBo": 20, "MaDonVi": 35, "HoVaTen": 100}

_HEAD = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:dan="http://dancuquocgia.bca"><soapenv:Header/><soapenv:Body>'
)
_TAIL = "</soapenv:Body></soapenv:Envelope>"
_OPERATIONS = {RECORD: "TraCuuThongTinCongDan", CONFIRMATION: "XacThucThongTinCongDan"}
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_COUNT = re.compile(r"[0-9]{1,9}")
_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


@dataclass(frozen=True, slots=True)
class Citizens:
    """The named people of one answer, usually one or none, and the time that the data speak for."""

    people: tuple[etree._Element, ...] = field(repr=False)
    data_time: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The database's own refusal: 004 the procedure, 005 the officer."""

    code: str


def sign_in_headers(
    service_url: str, username: str, secret: str, timestamp: str
) -> Mapping[str, str]:
    """Sign-in (a): SHA-256 over service address, user name, time and secret, as a Basic password.

    `service_url` is a setting of its own and need not be the address that is posted to.
    """
    signed = hashlib.sha256(f"{service_url}{username}{timestamp}{secret}".encode()).hexdigest()
    basic = base64.b64encode(f"{username}:{signed}".encode()).decode("ascii")
    return {"Timestamp": timestamp, "Authorization": f"Basic {basic}", "SOAPAction": '""'}


@dataclass(frozen=True, slots=True)
class Asking:
    """One question to one service: its fields in their order, and the birth date where one is known.

    Routes wrap and sign it, each in its own format.
    """

    service: str
    fields: Mapping[str, str] = field(repr=False)
    birth_date: PartialDate | None = field(repr=False)

    def full_date(self) -> str:
        """`yyyyMMdd`, or nothing where the date is not fully known."""
        born = self.birth_date
        return born.iso().replace("-", "") if born is not None and born.full else ""

    def year(self) -> str:
        """`yyyy`, where the year is all that can be asked by."""
        born = self.birth_date
        return "" if born is None or born.full else f"{born.year:04d}"

    def envelope(self) -> str:
        """The SOAP text; a date not fully known is asked by its year."""
        operation = _OPERATIONS[self.service]
        written = "".join(_element(name, text) for name, text in self.fields.items())
        if self.birth_date is not None:
            full = self.full_date()
            date = _element("NgayThangNam", full) if full else _element("Nam", self.year())
            written += f"<dan:NgayThangNamSinh>{date}</dan:NgayThangNamSinh>"
        return f"{_HEAD}<dan:{operation}>{written}</dan:{operation}>{_TAIL}"


def _element(name: str, text: str) -> str:
    return f"<dan:{name}>{escape(text)}</dan:{name}>"


def read_answer(content: bytes) -> Citizens | Refused:
    """Read an answer of service 037.

    Raises SourceBrokeContract `fault` for a SOAP Fault and `unreadable` for everything that is no
    such answer, document types included; lxml's own error where it is no XML.
    """
    root = _parsed(content)
    if local_name(root) == "errorCode":
        return _refusal(root)
    body = _child(root, "Body") if local_name(root) == "Envelope" else None
    if body is None:
        raise SourceBrokeContract("unreadable")
    collection = _child(body, "CongdanCollection")
    if collection is not None:
        return _citizens(collection)
    return _without_collection(body)


def read_confirmation(content: bytes) -> bool | Refused:
    """Read an answer of service 033: whether number, name and date belong together.

    Raises as `read_answer` does; anything but one clear yes or no is `unreadable`.
    """
    said: set[bool | None] = set()
    for element in _parsed(content).iter():
        match local_name(element):
            case "errorCode":
                return _refusal(element)
            case "Fault":
                raise SourceBrokeContract("fault")
            case "TonTai":
                said.add(_WORDS.get(text_of(element)))
            case "SoLuongCongDan":
                count = text_of(element)
                said.add(int(count) > 0 if _COUNT.fullmatch(count) else None)
    if len(said) != 1 or None in said:
        raise SourceBrokeContract("unreadable")
    return bool(said.pop())


def _parsed(content: bytes) -> etree._Element:
    root = etree.fromstring(content, _PARSER)
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceBrokeContract("unreadable")
    return root


def _without_collection(body: etree._Element) -> Citizens | Refused:
    if not len(body):
        return Citizens((), None)
    for element in body.iter():
        if local_name(element) == "errorCode":
            return _refusal(element)
    raise SourceBrokeContract("fault" if _child(body, "Fault") is not None else "unreadable")


def _refusal(element: etree._Element) -> Refused:
    code = text_of(element)
    if code not in ("004", "005"):
        raise SourceBrokeContract("unreadable")
    return Refused(code)


def _citizens(collection: etree._Element) -> Citizens:
    people = tuple(
        child for child in collection if local_name(child) == "CongDan" and _is_named(child)
    )
    return Citizens(people, _data_time(collection.get("ThoiDiemDuLieu")))


def _is_named(citizen: etree._Element) -> bool:
    name = _child(citizen, "HoVaTen")
    if name is None:
        return False
    ten = _child(name, "Ten")
    return bool(text_of(name if ten is None else ten))


def _data_time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return time.replace(tzinfo=VIETNAM) if time and time.tzinfo is None else time


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if local_name(child) == name), None)
