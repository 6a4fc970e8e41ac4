"""Families at the counter: with a newborn, or to marry."""

import random

from mocks.igate.knowledge import Someone, someone
from mocks.igate.plot import (
    ELDER,
    FIRST_PLAIN,
    HOUSEHOLD,
    WOMAN,
    Json,
    head_of,
    known,
)
from mocks.people import PERSONAS, Person, Population
from mocks.people.civil_papers import birth_notice


def _newborn_parents(
    population: Population, person: Person
) -> tuple[Someone, Someone | None, Json]:
    """Mother, father and the child that they come to register."""
    mother_n = person.n - person.n % HOUSEHOLD + WOMAN
    mother = someone(population, mother_n)
    newborn = dict(mother.newborn or {})
    known = newborn.get("father")
    return mother, someone(population, mother_n - 1) if known else None, newborn


def has_newborn(population: Population, person: Person) -> bool:
    """A mother or father whose child a hospital has just given notice of."""
    if person.drawn_year < 1988 or person.spouse is None or person.spouse.n is None:
        return False
    mother = person if person.sex == "female" else population.person(person.spouse.n)
    return birth_notice(population, mother) is not None


def birth(population: Population, person: Person, chance: random.Random) -> Json:
    """A parent registers the birth."""
    mother, father, _ = _newborn_parents(population, person)
    child_of = father or mother
    copies = chance.random() < 0.5
    return {
        "people": known(mother=mother, father=father, lineage_parent=child_of),
        "owners": (person.n - person.n % HOUSEHOLD + WOMAN,),
        "answers": {
            "quanHe": "cha" if person.sex == "male" else "me",
            "loaiKhaiSinh": "du_cha_me" if father else "chua_xac_dinh_cha",
            "loaiDangKy": "dung_han",
            "deNghiCapBanSao": "co" if copies else "khong",
            "soLuongBanSao": chance.randint(1, 5),
        },
    }


def bundle_birth(population: Population, person: Person, chance: random.Random) -> Json:
    """A parent registers birth, residence and health insurance at once."""
    mother, father, newborn = _newborn_parents(population, person)
    names = str(newborn["full_name"]).split()
    mother_person = population.person(person.n - person.n % HOUSEHOLD + WOMAN)
    return {
        "people": known(
            mother=mother,
            father=father,
            lineage_parent=father or mother,
            household_parent=mother,
            household_head=head_of(population, mother_person),
        ),
        "owners": (mother_person.n,),
        "answers": {
            "quanHe": "cha" if person.sex == "male" else "me",
            "khaiThongTinCha": "co" if father else "khong",
            "chuDemCon": " ".join(names[1:-1]),
            "tenCon": names[-1],
            "deNghiCapBanSao": "khong" if chance.random() < 0.6 else "co",
            "soLuongBanSao": chance.randint(1, 3),
            "nguoiGiamHoTrenThe": "me",
            "loaiXacNhan": "vneid",
        },
    }


def single(population: Population, person: Person) -> bool:
    """Somebody free to marry."""
    return person.marital_status in ("single", "divorced") and 20 <= person.age <= 45


def marriage(population: Population, person: Person, chance: random.Random) -> Json:
    """One of a couple declares for both."""
    partner = partner_for(population, person)
    me, other = someone(population, person.n), someone(population, partner.n)
    woman = person.sex == "female"
    return {
        "people": {"bride": me if woman else other, "groom": other if woman else me},
        "owners": (partner.n,),
        "answers": {
            "nguoiYeuCau": "nu" if woman else "nam",
            "deNghiCapBanSao": "co" if chance.random() < 0.3 else "khong",
            "soLuongBanSao": chance.randint(1, 3),
        },
    }


def partner_for(population: Population, person: Person) -> Person:
    """Somebody single of the other sex, in one of the households that follow."""
    if person.n == PERSONAS["bride"]:
        return population.persona("groom")
    if person.n == PERSONAS["groom"]:
        return population.persona("bride")
    household = max(person.n // HOUSEHOLD, FIRST_PLAIN) + 1
    while True:
        for slot in (ELDER, ELDER + 1):
            other = population.person(household * HOUSEHOLD + slot)
            if other.sex != person.sex and single(population, other) and other.died_on is None:
                return other
        household += 1
