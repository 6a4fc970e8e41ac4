"""Request models of people, and the types of their numbers, names and codes in a body."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gateway.api._routing import RequestModel
from gateway.domain.facts import PartialDate, PersonKey
from gateway.domain.identifiers import DossierCode, PersonalId, ProcedureCode
from gateway.domain.signs import name_mistake
from gateway.sources.session import Account


def _personal_id(text: str) -> str:
    try:
        return PersonalId(text).digits
    except ValueError:
        raise PydanticCustomError("not_12_digits", "12 digits") from None


def _dossier(text: str) -> str:
    try:
        return DossierCode(text).text
    except ValueError:
        raise PydanticCustomError("not_a_dossier_code", "agency-date-number") from None


def _procedure(text: str) -> str:
    try:
        return ProcedureCode(text).text
    except ValueError:
        raise PydanticCustomError("not_a_procedure_code", "like 1.004222") from None


def _date(text: str) -> str:
    try:
        PartialDate.parse(text)
    except ValueError:
        raise PydanticCustomError("not_a_date", "YYYY, YYYY-MM or YYYY-MM-DD") from None
    return text


def _name(text: str) -> str:
    mistake = name_mistake(text)
    if mistake is not None:
        raise PydanticCustomError("not_a_name", "a person's name in Latin letters")
    return text


MOST_LIST_MEMBERS = 300
"""Rows, ticked values and files that one form's data may hold in all its lists together."""


def _few_rows(data: dict[str, object]) -> dict[str, object]:
    if _list_members(data) > MOST_LIST_MEMBERS:
        raise PydanticCustomError("too_many_rows", "at most 300 members in all lists")
    return data


def _list_members(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_list_members, value.values()))
    return len(value) + sum(map(_list_members, value)) if isinstance(value, list) else 0


FormData = Annotated[dict[str, object], Field(repr=False), AfterValidator(_few_rows)]
PersonalIdText = Annotated[str, AfterValidator(_personal_id)]
DossierText = Annotated[str, Field(max_length=60), AfterValidator(_dossier)]
ProcedureText = Annotated[str, Field(max_length=30), AfterValidator(_procedure)]
DateText = Annotated[str, AfterValidator(_date)]
NameText = Annotated[str, Field(max_length=100), AfterValidator(_name)]
OfficerText = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,20}$")]
Channel = Literal["online", "desk", "post"]


class SubjectModel(RequestModel):
    """The person that a form is filled for (chủ hồ sơ), as the login or the officer gives them."""

    personal_id: PersonalIdText
    full_name: NameText
    birth_date: DateText | None = None

    def key(self) -> PersonKey:
        """What a source needs to find this person."""
        born = None if self.birth_date is None else PartialDate.parse(self.birth_date)
        return PersonKey(PersonalId(self.personal_id), self.full_name, born)


class AccountModel(RequestModel):
    """What the tenant's login vouches for (tài khoản định danh điện tử)."""

    verified_by: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")] | None = None
    phone: Annotated[str, Field(max_length=20)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None

    def vouched(self) -> Account:
        """The account as filling uses it."""
        return Account(self.verified_by, self.phone, self.email)
