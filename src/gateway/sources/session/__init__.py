"""The sign-in session as a source: its facts about the acting person come with the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.facts import Fact, PersonKey, Value
from gateway.domain.identifiers import SESSION, AttributeName
from gateway.sources.identity import name_facts
from gateway.sources.source import SourceSpec

SOURCE = SourceSpec(SESSION, "thông tin đăng nhập", letter="s", is_remote=False, place=0)


@dataclass(frozen=True, slots=True)
class Account:
    """The account data that the tenant vouches for beside number and name (tài khoản định danh)."""

    verified_by: str | None = None
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


def session_facts(
    subject: PersonKey, account: Account, now: datetime
) -> Mapping[AttributeName, Fact]:
    """The facts that the session holds: number, name and its parts, birth date, phone, e-mail."""
    said: dict[str, Value | None] = {
        "person.personal_id": subject.personal_id.digits,
        "person.birth_date": subject.birth_date,
        "person.phone": account.phone,
        "person.email": account.email,
    }
    values: dict[AttributeName, Value] = {}
    if subject.full_name and subject.full_name.strip():
        values |= name_facts(subject.full_name)
    values |= {AttributeName(name): value for name, value in said.items() if value}
    return {name: Fact(value, now) for name, value in values.items()}
