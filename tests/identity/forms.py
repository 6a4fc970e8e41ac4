"""Small forms that ask for what each kind of source holds, and a province's schemas with them.

`identity-own` asks of the applicant alone. `identity-paper` asks for papers and for nothing that the
population database holds. `identity-kin` asks of relatives and of persons whose number is typed:
`stranger` by number and name, `guest` by number, name and birth date, `cousin` by number and a name
in parts.
"""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCHEMAS = Path(__file__).parents[2] / "schemas"
OWN, PAPER, KIN = "identity-own", "identity-paper", "identity-kin"

_SUBJECT = {"is": "subject"}
_OWN = {
    "hoTen": "person.full_name",
    "ngaySinh": "person.birth_date",
    "soDinhDanh": "person.personal_id",
    "noiO": "person.current_address.full",
    "danToc": "person.ethnicity",
    "soKhaiSinh": "birth.number",
    "soTaiKhoan": "bank.account_number",
    "soBangLai": "licence.number",
    "soKetHon": "marriage.number",
}
_TYPED = {
    "noiO": "person.current_address.full",
    "danToc": "person.ethnicity",
    "ngaySinh": "person.birth_date",
    "soBangLai": "licence.number",
}
_DAYS = ("ngaySinh", "ngaySinhKhach")


def schemas_of_identity(folder: Path, issuers: Json, *more: str) -> Path:
    """Lay schemas with these forms, the named real ones, and the issuers' keys into a folder."""
    (folder / "forms").mkdir(parents=True)
    for path in SCHEMAS.iterdir():
        if path.name not in ("forms", "record-issuers.json"):
            (folder / path.name).symlink_to(path)
    for form in more:
        (folder / "forms" / form).symlink_to(SCHEMAS / "forms" / form)
    (folder / "record-issuers.json").write_text(json.dumps({"issuers": issuers}))
    _lay(folder, OWN, {"applicant": _SUBJECT}, {"applicant": _OWN})
    papers = {path: name for path, name in _OWN.items() if path in ("soBangLai", "soTaiKhoan")}
    _lay(folder, PAPER, {"applicant": _SUBJECT}, {"applicant": papers})
    _lay(folder, KIN, *_kin())
    return folder


def _kin() -> tuple[Json, dict[str, dict[str, str]]]:
    stranger = {"personal_id": "soDinhDanhLa", "full_name": "hoTenLa"}
    guest = {
        "personal_id": "soDinhDanhKhach",
        "full_name": "hoTenKhach",
        "birth_date": "ngaySinhKhach",
    }
    cousin = {
        "personal_id": "soDinhDanhHo",
        "surname": "hoHo",
        "middle_name": "chuDemHo",
        "given_name": "tenHo",
    }
    roles: Json = {
        "applicant": _SUBJECT,
        "household_head": {"from": "applicant", "by": "person.household_head"},
        "father": {"from": "applicant", "by": "person.father"},
        "dwelling_owner": {"from": "applicant", "by": "residence.dwelling_owner"},
        "stranger": {"given": stranger},
        "guest": {"given": guest},
        "cousin": {"given": cousin},
    }
    asked = {
        "applicant": {"noiO": "person.current_address.full"},
        "household_head": {
            "hoTenChuHo": "person.full_name",
            "soDinhDanhChuHo": "person.personal_id",
            "noiOChuHo": "person.current_address.full",
            "soBangLaiChuHo": "licence.number",
            "soTaiKhoanChuHo": "bank.account_number",
        },
        "father": {"hoTenCha": "person.full_name", "noiOCha": "person.current_address.full"},
        "dwelling_owner": {
            "hoTenChuNha": "person.full_name",
            "noiOChuNha": "person.current_address.full",
        },
        "stranger": {
            "hoTenLa": "person.full_name",
            "soDinhDanhLa": "person.personal_id",
            **{f"{path}La": name for path, name in _TYPED.items()},
        },
        "guest": {
            "hoTenKhach": "person.full_name",
            "soDinhDanhKhach": "person.personal_id",
            **{f"{path}Khach": name for path, name in _TYPED.items()},
        },
        "cousin": {
            "soDinhDanhHo": "person.personal_id",
            "hoHo": "person.surname",
            "chuDemHo": "person.middle_name",
            "tenHo": "person.given_name",
            "soBangLaiHo": "licence.number",
        },
    }
    return roles, asked


def _lay(folder: Path, code: str, roles: Json, asked: dict[str, dict[str, str]]) -> None:
    paths = [path for fields in asked.values() for path in fields]
    components = [
        {
            "type": "day" if path in _DAYS else "textfield",
            "key": path,
            "label": path,
            "input": True,
            "validate": {"required": True},
            **({"dayFirst": True} if path in _DAYS else {}),
        }
        for path in paths
    ]
    bindings = [
        {"field": path, "item": f"item_{number}", "role": role, "attribute": attribute}
        for number, (role, path, attribute) in enumerate(
            (role, path, name) for role, fields in asked.items() for path, name in fields.items()
        )
    ]
    said = {
        "$schema": "../../bindings.schema.json",
        "form": code,
        "title": "Tờ khai thử",
        "procedures": [],
        "roles": roles,
        "ceiling": len(bindings),
        "bindings": bindings,
    }
    form = {"title": "Tờ khai thử", "display": "form", "type": "form", "components": components}
    at = folder / "forms" / code
    at.mkdir()
    (at / "form.json").write_text(json.dumps(form))
    (at / "bindings.json").write_text(json.dumps(said))
