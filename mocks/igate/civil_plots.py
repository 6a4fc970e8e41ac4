"""People who come about civil status: a death, a change, an extract, a marriage's state, a child."""

import random

from mocks.igate.family_plots import partner_for
from mocks.igate.knowledge import someone
from mocks.igate.plot import ELDER, HOUSEHOLD, Json, copies, head_of, kin, known
from mocks.people import Person, Population
from mocks.people.death_papers import unregistered_death


def _unregistered(population: Population, person: Person) -> Person | None:
    """Whoever of the spouse and the parents has died without being registered as dead."""
    around = (person.spouse, person.father, person.mother)
    for n in (one.n for one in around if one is not None and one.n is not None):
        relative = population.person(n)
        if unregistered_death(relative) is not None:
            return relative
    return None


def bereaved(population: Population, person: Person) -> bool:
    """Holds a hospital's notice of a death that is still to be registered."""
    return _unregistered(population, person) is not None


def death(population: Population, person: Person, chance: random.Random) -> Json:
    """A widow or a child registers the death."""
    dead = _dead(population, person)
    me = someone(population, person.n)
    return {
        "people": {"notice_holder": me, "deceased": someone(population, dead.n)},
        "owners": (dead.n,),
        "answers": copies(chance),
    }


def bundle_death(population: Population, person: Person, chance: random.Random) -> Json:
    """The same with residence and burial costs, all at once."""
    dead = _dead(population, person)
    me = someone(population, person.n)
    home = person.permanent
    return {
        "people": known(
            notice_holder=me,
            deceased=someone(population, dead.n),
            household_head=head_of(population, dead),
            recipient=me,
        ),
        "owners": (dead.n,),
        "answers": copies(chance)
        | {
            "thoiGianMaiTang": population.calendar.on("2026-11-25"),
            "diaDiemMaiTang": f"Nghĩa trang mẫu, {home.commune.label}, {home.province.label}",
        },
    }


def _dead(population: Population, person: Person) -> Person:
    dead = _unregistered(population, person)
    if dead is None:
        raise ValueError("nobody of this family has died unregistered")
    return dead


def change(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody has the own record corrected or completed."""
    me = someone(population, person.n)
    matter = chance.choice(("thay_doi_ho_ten", "cai_chinh", "bo_sung", "dan_toc"))
    return {
        "people": {"changed_person": me, "born_person": me},
        "answers": copies(chance)
        | {
            "viecDangKy": matter,
            "noiDungDeNghi": "Cải chính thông tin trong sổ hộ tịch theo giấy tờ kèm theo",
            "lyDo": "Thông tin trong sổ hộ tịch ghi chưa đúng",
            "phuongThucNhan": "truc_tiep",
        },
    }


def extract(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody wants a copy of the own birth entry, of the spouse's, or of a child's."""
    ways = ["ban_than"] * 6
    spouse, children = kin(population, person.spouse), person.children
    if spouse is not None and spouse.said["personal_id"] is not None:
        ways += ["chong" if person.sex == "female" else "vo"] * 2
    ways += ["con"] * (2 if children else 0)
    way = chance.choice(ways)
    of = someone(population, person.n)
    owners: tuple[int, ...] = ()
    if way == "con":
        of, owners = someone(population, children[0]), (children[0],)
    elif way != "ban_than" and spouse is not None:
        of = spouse
    return {
        "people": {"recorded_person": of, "born_person": of},
        "owners": owners,
        "answers": {
            "quanHe": way,
            "loaiViecHoTich": "khai_sinh",
            "soLuongBanSao": chance.randint(1, 5),
        },
    }


def marital_status(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody free wants to marry; somebody married needs the paper for a contract."""
    me = someone(population, person.n)
    free = person.marital_status != "married"
    answers: Json = {
        "mucDich": "ket_hon" if free else "khac",
        "phuongThucNhan": "truc_tiep",
        "soLuongBan": chance.randint(1, 3),
    }
    people = known(certified_person=me, spouse=kin(population, person.spouse))
    if not free:
        answers["mucDichKhac"] = "Bổ sung hồ sơ giao dịch nhà đất"
        return {"people": people, "answers": answers}
    partner = partner_for(population, person)
    home = person.permanent
    answers |= {
        "soGiayToNguoiDuDinhKetHon": partner.personal_id,
        "noiDuDinhKetHon": f"Ủy ban nhân dân {home.commune.label}, {home.province.label}",
    }
    intended = someone(population, partner.n)
    return {
        "people": people | {"intended_spouse": intended},
        "owners": (partner.n,),
        "answers": answers,
    }


def parent(population: Population, person: Person) -> bool:
    """A father or mother of a child who is still a minor."""
    return person.n % HOUSEHOLD < ELDER and any(
        population.person(child).age < 18 for child in _at_home(person)
    )


def _at_home(person: Person) -> tuple[int, int]:
    elder = person.n - person.n % HOUSEHOLD + ELDER
    return elder, elder + 1


def parentage(population: Population, person: Person, chance: random.Random) -> Json:
    """A father or mother recognises the elder child at home as their own."""
    child = _at_home(person)[0]
    side = "me" if person.sex == "female" else "cha"
    return {
        "people": {
            "recognised_parent": someone(population, person.n),
            "child": someone(population, child),
        },
        "owners": (child,),
        "answers": copies(chance)
        | {
            "quanHe": side,
            "loaiXacNhan": f"{side}_nhan_con",
            "yKienChaMe": "Đồng ý với việc nhận con",
        },
    }
