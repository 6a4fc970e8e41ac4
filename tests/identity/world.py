"""One province under test: whom it holds papers of, what is said of somebody, and what came back."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS
from mocks.igate import FORMS
from mocks.people import Person, Population
from tests.conftest import House
from tests.identity.forms import OWN, schemas_of_identity

Json = dict[str, Any]

EVERYTHING, WITHOUT_DATABASE = "all", "without-database"
OFFICER = "H99.01.cb017"
ISSUER = "Sở Tư pháp tỉnh Mẫu"
STRANGE_NAME = "Nguyễn Văn Lạ"
PAPER_SOURCES = ("records", "personal_papers")
NO_LIMITS: Final = dict.fromkeys(
    [f"prefill_misses_of_{reach}" for reach in ("officer", "client", "tenant", "all")], 10_000_000
)
"""Whoever tests wrong identities finds nobody more often than a province may."""
_KEY = OKPKey.import_key(Ed25519PrivateKey.generate())
_FIRST_HOUSEHOLD = 40
_NOBODY = "nobody's number"


class World:
    """A running gateway whose tenants read all sources, or all but the population database."""

    def __init__(self, folder: Path, *forms: str, **limits: Any) -> None:
        issuers = {ISSUER: [_KEY.as_dict(private=False)]}
        limits = {**NO_LIMITS, **limits}
        schemas = schemas_of_identity(folder / "schemas", issuers, *forms)
        self.house = House(folder / "data", with_papers=True, schemas=schemas, **limits)
        self.house.admit(EVERYTHING, frozenset({POPULATION, RECORDS, PERSONAL_PAPERS}))
        self.house.admit(WITHOUT_DATABASE, frozenset({RECORDS, PERSONAL_PAPERS}))
        self.people = self.house.population
        self._line = people_of(self.people)
        self.ask_with(self.somebody())  # the first call signs in to the store of papers

    def close(self) -> None:
        """End the gateway."""
        self.house.close()

    def reset(self) -> None:
        """Let nothing be wrong with any source, and everybody be as at first."""
        self.house.database.state.faults.clear()
        self.house.database.state.journal.clear()
        self.house.papers.state.trouble = None
        self.house.database.population = self.people

    def somebody(self) -> Person:
        """A married man of whom no test has heard, with a whole birth date and no paper yet."""
        person = next(self._line)
        self.house.papers.desk.put_in(person.n, [])
        return person

    def wife(self) -> tuple[Person, Person]:
        """A woman without papers, and the head of her household, who is another person."""
        while True:
            husband = self.somebody()
            wife = self.people.person(husband.n + 1)
            if wife.residence is not None and wife.residence.head != wife.n:
                head = self.people.person(wife.residence.head)
                for one in (wife, head):
                    self.house.papers.desk.put_in(one.n, [])
                return wife, head

    def registers(self, person: Person, **changed: Any) -> None:
        """Let the population database hold something else of a person than the papers do."""
        for name, value in changed.items():
            later = self.house.database.population.with_change(person.n, name, value)
            self.house.database.population = later

    def fails(self, **effects: Any) -> None:
        """Let something go wrong with the population database."""
        self.house.database.state.faults.add(**effects)

    def services(self) -> set[str]:
        """The services of the population database that were asked since the test began."""
        return {entry.service for entry in self.house.database.state.journal}

    def hold(self, source: str, person: Person, *papers: Json, tenant: str = EVERYTHING) -> None:
        """Let one source of papers hold these of a person."""
        if source == "personal_papers":
            self.house.papers.desk.put_in(person.n, list(papers))
            return
        for paper in papers:
            self.store(paper, tenant)

    def open_dossier(self, tenant: str = EVERYTHING) -> str:
        """A dossier that the tenant has registered."""
        return self.house.open_dossier(tenant)

    def store(self, paper: Json, tenant: str = EVERYTHING) -> str:
        """Hand a record in; its id."""
        answer = self.house.post("/v1/records", paper, tenant)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def question(self, form: str, said: Json, **more: Any) -> Json:
        """A prefill for somebody as the login gives them; a member of None is left out."""
        known = FORMS.get(form)
        procedure = None if known is None else known.procedure
        asked = {
            "form": form,
            "procedure": procedure,
            "subject": said,
            "account": {"verified_by": "vneid"},
            "legal_basis": {"kind": "procedure", "reference": procedure or form},
            "data": {},
            **more,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def ask(self, said: Json, form: str = OWN, tenant: str = EVERYTHING, **more: Any) -> Json:
        """The answer to a prefill."""
        return self.house.filled(self.question(form, said, **more), tenant=tenant)

    def ask_with(self, person: Person, form: str = OWN, **more: Any) -> Json:
        """The answer to a prefill of somebody who says what is so."""
        return self.ask(said_of(person), form, **more)


def people_of(population: Population) -> Iterator[Person]:
    """Married men with a whole birth date, each of a household of his own, none of them a persona."""
    for household in range(_FIRST_HOUSEHOLD, 20_000):
        person = population.person(household * 6 + 2)
        whole = len(person.birth_date) == len("1984-03-17")
        if whole and person.spouse is not None and person.father is not None:
            yield person


def said_of(person: Person, **changed: Any) -> Json:
    """What somebody says of themselves at the login; a member of None is left out."""
    said = {
        "personal_id": person.personal_id,
        "full_name": person.full_name,
        "birth_date": person.birth_date,
        **changed,
    }
    return {name: value for name, value in said.items() if value is not None}


def nobody_like(population: Population, number: str) -> str:
    """A number that nobody holds, of the same province, sex and year as another."""
    for tail in range(999_999, 0, -1):
        other = f"{number[:6]}{tail:06d}"
        if population.by_number(other) is None:
            return other
    raise LookupError(_NOBODY)


def another_day(birth_date: str) -> str:
    """Another day of the same month."""
    year, month, day = birth_date.split("-")
    return f"{year}-{month}-{int(day) % 28 + 1:02d}"


def swapped(birth_date: str) -> str:
    """Day and month in each other's place where that is a date and another one, else a month later."""
    year, month, day = birth_date.split("-")
    if int(day) <= 12 and day != month:
        return f"{year}-{day}-{month}"
    return f"{year}-{int(month) % 12 + 1:02d}-{day}"


def another_year(birth_date: str) -> str:
    """The year before, the day being in every year."""
    return f"{int(birth_date[:4]) - 1}{birth_date[4:7]}-{min(int(birth_date[8:]), 28):02d}"


def wrong_identities(population: Population, person: Person) -> dict[str, Json]:
    """Six ways to be somebody else under a person's number."""
    neighbour = population.person(person.n + 60)
    right = person.birth_date
    return {
        "a wrong name": said_of(person, full_name=STRANGE_NAME),
        "another person's name": said_of(person, full_name=neighbour.full_name),
        "a wrong day": said_of(person, birth_date=another_day(right)),
        "day and month swapped": said_of(person, birth_date=swapped(right)),
        "a wrong year": said_of(person, birth_date=another_year(right)),
        "name and date both": said_of(
            person, full_name=STRANGE_NAME, birth_date=another_day(another_year(right))
        ),
    }


# papers


def paper(kind: str, person: Person, content: Json, *, named: str | None, **more: Any) -> Json:
    """A digitised paper of a person; `named` is the owner's name in it, None where it holds none."""
    owner = {"personal_id": person.personal_id}
    return {
        "kind": kind,
        "owner": owner if named is None else {**owner, "full_name": named},
        "number": f"{kind[:3].upper()}-{person.n}",
        "issuer": ISSUER,
        "issued_on": "2020-05-04",
        "content": content,
        **more,
    }


def with_both(person: Person, **changed: Any) -> Json:
    """A birth certificate: it holds its owner's name and birth date."""
    said = {"full_name": person.full_name, "birth_date": person.birth_date, **changed}
    content = {"number": f"KS-{person.n}", "sex": "male", **said}
    return paper("birth_certificate", person, content, named=said["full_name"])


def with_name(person: Person, name: str | None = None) -> Json:
    """A bank account: it holds its owner's name and no date."""
    named = name or person.full_name
    content = {"account_name": named, "account_number": f"TK-{person.n}", "bank": "Mẫu"}
    return paper("bank_account", person, content, named=named)


def with_neither(person: Person) -> Json:
    """A driving licence as it was digitised without the owner's name."""
    return paper("driving_licence", person, {"number": f"BL-{person.n}"}, named=None)


def of_two(person: Person, spouse: Person, **changed: Any) -> Json:
    """A marriage certificate: two persons stand on it, `changed` is said of the owner."""
    sides = [
        {"personal_id": one.personal_id, "full_name": one.full_name, "birth_date": one.birth_date}
        for one in (person, spouse)
    ]
    sides[0] |= changed
    content = {"number": f"KH-{person.n}", "husband": sides[0], "wife": sides[1]}
    return paper("marriage_certificate", person, content, named=None)


def residence(person: Person, head: Json, **content: Any) -> Json:
    """A confirmation of residence that names the head of the household."""
    told = {
        "household_code": f"HK-{person.n}",
        "head": head,
        "holder": {
            "personal_id": person.personal_id,
            "full_name": person.full_name,
            "birth_date": person.birth_date,
        },
        **content,
    }
    return paper("residence_confirmation", person, told, named=person.full_name)


def named(person: Person) -> Json:
    """A person as a paper names somebody."""
    return {"personal_id": person.personal_id, "full_name": person.full_name}


def signed(record: Json) -> Json:
    """The same record with its issuer's own signature."""
    vouched = {name: record.get(name) for name in ("kind", "number", "issuer", "issued_on")}
    vouched |= {"valid_until": None, "content": record["content"], "file": None}
    vouched["owner"] = record["owner"]["personal_id"]
    registry = jws.JWSRegistry(algorithms=["Ed25519"])
    signature = jws.serialize_compact(
        {"alg": "Ed25519"}, json.dumps(vouched).encode(), _KEY, registry=registry
    )
    return {**record, "issuer_signature": signature}


# answers


def reasons(answer: Json) -> dict[str, str]:
    """By path `filled`, or why a field is empty."""
    return {f["path"]: f.get("reason", f["state"]) for f in answer["fields"]}


def outcomes(answer: Json, role: str = "applicant") -> dict[str, str]:
    """What came of each source's read for a role."""
    return {s["source"]: s["outcome"] for s in answer["sources"] if s["role"] == role}


def claims(answer: Json) -> Json:
    """What the receipt says."""
    payload = str(answer["receipt"]).split(".")[1]
    read: Json = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def values_of(data: Any) -> Iterator[str]:
    """Every value of the data, as text."""
    match data:
        case dict():
            for member in data.values():
                yield from values_of(member)
        case list():
            for member in data:
                yield from values_of(member)
        case None | "":
            return
        case _:
            yield str(data)


_MADE_ANEW: Final = frozenset(
    [
        "id",
        "leaf",
        "ms",
        "expires_at",
        "retry_at",
        "as_of",
        "jti",
        "chain",
        "prev",
        "iat",
        "exp",
        "ref",
    ]
)
_RANDOM_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{43}=?")
"""A tag or a commitment: 32 bytes in base64url."""


def shape_of(answer: Json, number: str, dossier: str | None = None) -> Json:
    """An answer with its receipt, without what is made anew each time and without the number asked."""
    told = {**answer, "receipt": claims(answer)}
    calm: Json = _calmed(told, {number: "<number>", dossier or _NOBODY: "<dossier>"})
    return calm


def _calmed(value: Any, names: dict[str, str]) -> Any:
    match value:
        case dict():
            return {
                key: "<anew>"
                if key in _MADE_ANEW and member is not None
                else _calmed(member, names)
                for key, member in value.items()
            }
        case list():
            return [_calmed(member, names) for member in value]
        case str() if _RANDOM_TEXT.fullmatch(value):
            return "<random>"
        case str():
            for name, word in names.items():
                value = value.replace(name, word)
            return value
        case _:
            return value


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """The places at which two calmed answers differ; no value is told."""
    if type(one) is not type(other):
        return [at]
    if isinstance(one, dict):
        uneven = [f"{at}.{key}" for key in one.keys() ^ other.keys()]
        shared = one.keys() & other.keys()
        return uneven + [
            d for key in shared for d in differences(one[key], other[key], f"{at}.{key}")
        ]
    if isinstance(one, list):
        if len(one) != len(other):
            return [f"{at}[]"]
        pairs = enumerate(zip(one, other, strict=True))
        return [d for place, (a, b) in pairs for d in differences(a, b, f"{at}[{place}]")]
    return [] if one == other else [at]


def days_before(day: str, days: int) -> str:
    """A date some days before another."""
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
