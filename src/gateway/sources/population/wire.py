"""What is sent to service 037, and what counts as an answer of it?

SOAP 1.1. The request holds, in this order: MaYeuCau, MaDVC, MaTichHop, MaCanBo, MaDonVi,
SoDinhDanh, HoVaTen (capitals without marks and blanks), NgayThangNamSinh with NgayThangNam
(yyyyMMdd) or Nam (yyyy). The answer is read as

    Envelope/Body/CongdanCollection[@ThoiDiemDuLieu]/CongDan     a person, or none
    errorCode 004 | 005, anywhere                                a refusal

whatever its namespaces. A CongDan without a name is nobody: the database does not say which part
of the question failed.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from gateway.domain.errors import SourceBrokeContract
from gateway.domain.facts import PartialDate
from gateway.sources.places import VIETNAM
from gateway.sources.population.reading import local_name, text_of

SERVICE: Final = "037"
ANY_PROCEDURE: Final = "VPCP"
LONGEST: Final = {"MaYeuCau": 40, "MaDVC": 20, "MaCanBo": 20, "MaDonVi": 35, "HoVaTen": 100}

_HEAD = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:dan="http://dancuquocgia.bca"><soapenv:Header/><soapenv:Body>'
    "<dan:TraCuuThongTinCongDan>"
)
_TAIL = "</dan:TraCuuThongTinCongDan></soapenv:Body></soapenv:Envelope>"
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


def write_request(fields: Mapping[str, str], birth_date: PartialDate) -> bytes:
    """The envelope with `fields` in their order; a date not fully known is asked by its year."""
    written = "".join(f"<dan:{name}>{escape(text)}</dan:{name}>" for name, text in fields.items())
    if birth_date.full:
        date = f"<dan:NgayThangNam>{birth_date.iso().replace('-', '')}</dan:NgayThangNam>"
    else:
        date = f"<dan:Nam>{birth_date.year:04d}</dan:Nam>"
    born = f"<dan:NgayThangNamSinh>{date}</dan:NgayThangNamSinh>"
    return f"{_HEAD}{written}{born}{_TAIL}".encode()


def read_answer(content: bytes) -> Citizens | Refused:
    """Read an answer of service 037.

    Raises SourceBrokeContract `fault` for a SOAP Fault and `unreadable` for everything that is no
    such answer, document types included; lxml's own error where it is no XML.
    """
    root = etree.fromstring(content, _PARSER)
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceBrokeContract("unreadable")
    if local_name(root) == "errorCode":
        return _refusal(root)
    body = _child(root, "Body") if local_name(root) == "Envelope" else None
    if body is None:
        raise SourceBrokeContract("unreadable")
    collection = _child(body, "CongdanCollection")
    if collection is not None:
        return _citizens(collection)
    return _without_collection(body)


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
