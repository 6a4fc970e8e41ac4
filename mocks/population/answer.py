"""Write a 037 answer about a person, with the element order and quirks of samples.

The envelope is that of the one full sample known. Every child of CongDan always stands; what is not
known is an empty element. Relationship codes other than CH01 and the second record of a duplicate
are ours.
"""

import unicodedata
from dataclasses import replace
from xml.sax.saxutils import escape

from mocks.people import Person, Relative
from mocks.people.person import MARITAL_CODES
from mocks.people.personas import OLD_PROVINCE_SENT
from mocks.people.words import COMMUNES_OF, OLD_UNITS, Address, OldUnit

_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soapenv:Header xmlns:dan="http://dancuquocgia.bca"/>'
    '<soapenv:Body xmlns:dan="http://dancuquocgia.bca">'
)
_CLOSE = "</soapenv:Body></soapenv:Envelope>"
_OLD_CITIES = frozenset({"01", "31", "48", "79", "92"})
_NAMESPACE = 'xmlns:ns1="http://www.mic.gov.vn/dancu/1.0"'
_SURPLUS = (
    "<ns1:NoiTamTru><ns1:ChiTiet>KHÔNG ĐƯỢC HỎI</ns1:ChiTiet></ns1:NoiTamTru>"
    "<ns1:SoDienThoai>0500000000</ns1:SoDienThoai><ns1:NgheNghiep>KHÔNG ĐƯỢC HỎI</ns1:NgheNghiep>"
)


def collection(people: str, count: int, data_time: str | None) -> str:
    """The whole answer around `people`, the CongDan elements."""
    time = f' ThoiDiemDuLieu="{data_time}"' if data_time else ""
    opening = f'<ns1:CongdanCollection {_NAMESPACE} SoCongDan="{count}"{time}'
    if not people:
        return f"{_OPEN}{opening}/>{_CLOSE}"
    return f"{_OPEN}{opening}>{people}</ns1:CongdanCollection>{_CLOSE}"


def confirmation(exists: bool) -> str:
    """The yes or no of 033 (likely) and of 034 (ours)."""
    word = "true" if exists else "false"
    return (
        f"{_OPEN}<ns1:KetQuaXacThuc {_NAMESPACE}><ns1:TonTai>{word}</ns1:TonTai>"
        f"</ns1:KetQuaXacThuc>{_CLOSE}"
    )


def fault(side: str, text: str) -> str:
    """A SOAP 1.1 Fault; `side` is Client or Server. That the mock answers so is ours."""
    return (
        f"{_OPEN}<soapenv:Fault><faultcode>soapenv:{side}</faultcode>"
        f"<faultstring>{_safe(text)}</faultstring></soapenv:Fault>{_CLOSE}"
    )


def citizen(
    person: Person,
    head: Relative | None,
    *,
    without_name: bool = False,
    year_only: bool = False,
    old_codes: bool = False,
    surplus: bool = False,
) -> str:
    """One CongDan; the switches are the faults that bend it."""
    if old_codes and person.wire.units == "new":
        person = replace(person, wire=replace(person.wire, units="old"))
    name = "" if without_name else _wire_name(person)
    date = person.birth_date.replace("-", "") if len(person.birth_date) == 10 else ""
    return (
        f"<ns1:CongDan>{_el('SoDinhDanh', person.personal_id)}{_el('SoCMND', person.old_number)}"
        f"<ns1:HoVaTen><ns1:Ho/><ns1:ChuDem/>{_el('Ten', name)}</ns1:HoVaTen>"
        f"<ns1:GioiTinh>{'1' if person.sex == 'male' else '2'}</ns1:GioiTinh>"
        f"<ns1:DanToc>{person.ethnicity.code}</ns1:DanToc>"
        f"<ns1:TonGiao>{person.religion.code}</ns1:TonGiao>"
        f"<ns1:TinhTrangHonNhan>{MARITAL_CODES[person.marital_status]}</ns1:TinhTrangHonNhan>"
        f"<ns1:NhomMau>{person.blood}</ns1:NhomMau>"
        f"<ns1:NgayThangNamSinh><ns1:Nam>{person.birth_date[:4]}</ns1:Nam>"
        f"{_el('NgayThangNam', '' if year_only else date)}</ns1:NgayThangNamSinh>"
        f"{_address('NoiDangKyKhaiSinh', person.birth_registration, person)}"
        f"{_el('QuocTich', '' if person.wire.nationality_empty else person.nationality)}"
        f"{_address('QueQuan', person.hometown, person)}"
        f"{_address('ThuongTru', person.permanent, person)}"
        f"{_address('NoiOHienTai', person.current, person)}"
        f"{_relative('Cha', person.father)}{_relative('Me', person.mother)}"
        f"{_relative('VoChong', person.spouse)}{_relative('NguoiDaiDien', None)}"
        f"{_head(person, head)}{_el('SoSoHoKhau', person.book_number)}"
        f"{_SURPLUS if surplus else ''}</ns1:CongDan>"
    )


def second_record(person: Person) -> Person:
    """The other record of a person who stands in the register twice (ours)."""
    return replace(person, current=person.hometown, old_number=None)


def _safe(text: str) -> str:
    """Text as XML; most names and places need no change."""
    return escape(text) if "&" in text or "<" in text or ">" in text else text


def _el(name: str, text: str | None) -> str:
    return f"<ns1:{name}>{_safe(text)}</ns1:{name}>" if text else f"<ns1:{name}/>"


def _wire_name(person: Person) -> str:
    name = person.full_name.upper()
    return unicodedata.normalize("NFD", name) if person.wire.decomposed_name else name


def _relative(role: str, relative: Relative | None) -> str:
    if relative is None:
        relative = Relative(None, None, "", None, "")
    return (
        f"<ns1:{role}>{_el('HoVaTen', relative.full_name.upper())}"
        f"{_el('QuocTich', relative.nationality)}{_el('SoDinhDanh', relative.personal_id)}"
        f"{_el('SoCMND', relative.old_number)}</ns1:{role}>"
    )


def _head(person: Person, head: Relative | None) -> str:
    residence = person.residence
    if head is None or residence is None:
        return "<ns1:ChuHo><ns1:QuanHe/><ns1:SoDinhDanh/><ns1:SoCMND/><ns1:HoVaTen/></ns1:ChuHo>"
    return (
        f"<ns1:ChuHo><ns1:QuanHe>CH{residence.relation_of(person.n).code}</ns1:QuanHe>"
        f"{_el('SoDinhDanh', head.personal_id)}{_el('SoCMND', head.old_number)}"
        f"{_el('HoVaTen', head.full_name.upper())}</ns1:ChuHo>"
    )


def _address(element: str, address: Address, person: Person) -> str:
    units = person.wire.units
    if units == "old":
        old = _old_unit(address, person.n)
        if old is not None:
            return _old_address(element, address, old)
    commune = address.commune.code
    if units == "contradicting":
        commune = _foreign_commune(address.province.code)
    detail = address.detail.upper()
    if person.wire.repeats_units:
        detail += f", {address.commune.label.upper()}, {address.province.label.upper()}"
    return (
        f"<ns1:{element}><ns1:MaTinhThanh>{address.province.code}</ns1:MaTinhThanh>"
        f"<ns1:MaQuanHuyen/><ns1:MaPhuongXa>{commune}</ns1:MaPhuongXa>"
        f"<ns1:ChiTiet>{_safe(detail)}</ns1:ChiTiet>{_el('QuocGia', address.country)}</ns1:{element}>"
    )


def _old_address(element: str, address: Address, old: OldUnit) -> str:
    kind = "THÀNH PHỐ" if old.province.code in _OLD_CITIES else "TỈNH"
    names = f"{old.commune.label}, {old.district.label}, {kind} {old.province.label}".upper()
    return (
        f"<ns1:{element}><ns1:MaTinhThanh>{old.province.code}</ns1:MaTinhThanh>"
        f"<ns1:MaQuanHuyen>{old.district.code}</ns1:MaQuanHuyen>"
        f"<ns1:MaPhuongXa>{old.commune.code}</ns1:MaPhuongXa>"
        f"<ns1:ChiTiet>{_safe(f'{address.detail.upper()}, {names}')}</ns1:ChiTiet>"
        f"{_el('QuocGia', address.country)}</ns1:{element}>"
    )


def _old_unit(address: Address, n: int) -> OldUnit | None:
    """An old unit that became part of the address's province, the persona's own first."""
    candidates = OLD_UNITS[address.province.code]
    wanted = OLD_PROVINCE_SENT.get(n)
    named = [unit for unit in candidates if unit.province.code == wanted]
    return next(iter([*named, *candidates]), None)


def _foreign_commune(province: str) -> str:
    """A commune of another province: the codes contradict each other."""
    return COMMUNES_OF["96" if province != "96" else "01"][0].code
