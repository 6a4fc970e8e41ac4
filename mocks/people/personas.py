"""People with a stable name, and what is peculiar about each.

A persona is a place in the population with rules of its own; everything that no rule names is
computed as for anybody else, so a persona's relatives are real people of the population too.
"""

from typing import Any, Final

from mocks.people.words import Address, Code

GRANDFATHER, GRANDMOTHER, MAN, WOMAN, ELDER_CHILD, YOUNGER_CHILD = range(6)


def _at(household: int, slot: int) -> int:
    return household * 6 + slot


PERSONAS: Final[dict[str, int]] = {
    "ordinary": _at(0, MAN),
    "ordinary_woman": _at(0, WOMAN),
    "single_word_name": _at(1, MAN),
    "very_long_name": _at(2, WOMAN),
    "nfd_name": _at(3, MAN),
    "year_only_birth": _at(4, MAN),
    "new_unit_codes": _at(5, MAN),
    "old_unit_codes": _at(6, MAN),
    "old_unit_code_not_reused": _at(7, MAN),
    "commune_contradicts": _at(8, MAN),
    "empty_nationality": _at(9, MAN),
    "hospital_birth_parents": _at(10, WOMAN),
    "hospital_birth_father": _at(10, MAN),
    "home_birth_parents": _at(11, WOMAN),
    "child_without_card": _at(12, ELDER_CHILD),
    "father_unknown": _at(13, ELDER_CHILD),
    "ethnic_other": _at(14, MAN),
    "household_head": _at(15, GRANDFATHER),
    "tenant_in_household": _at(21, ELDER_CHILD),
    "landlord": _at(16, GRANDFATHER),
    "wrong_official_value": _at(17, MAN),
    "moved_house": _at(18, MAN),
    "driver": _at(19, MAN),
    "born_1943_to_1975": _at(20, MAN),
    "foreign_spouse": _at(22, ELDER_CHILD),
    "nine_digit_relative": _at(23, MAN),
    "cmnd_and_cccd": _at(23, WOMAN),
    "no_spouse": _at(24, ELDER_CHILD),
    "groom": _at(24, ELDER_CHILD),
    "bride": _at(25, ELDER_CHILD),
    "divorced": _at(26, MAN),
    "divorced_wife": _at(26, WOMAN),
    "widowed": _at(27, WOMAN),
    "deceased": _at(27, MAN),
    "pensioner": _at(28, GRANDFATHER),
    "social_pension_applicant": _at(29, GRANDMOTHER),
    "duplicate_record": _at(30, MAN),
    "under_verification": _at(31, MAN),
    "business_owner": _at(32, MAN),
    "land_owner": _at(33, GRANDFATHER),
    "disabled": _at(34, MAN),
    "passport_holder": _at(35, WOMAN),
    "merit_beneficiary": _at(36, GRANDFATHER),
    "born_when_clocks_changed": _at(37, GRANDFATHER),
    "temporary_resident": _at(38, MAN),
    "year_only_child": _at(39, ELDER_CHILD),
    "company_owner": _at(9, WOMAN),
    "social_facility_head": _at(18, GRANDMOTHER),
    "authorised_agent": _at(14, WOMAN),
    "land_user": _at(19, GRANDFATHER),
    "unemployed": _at(13, MAN),
    "self_employed": _at(15, WOMAN),
    "vehicle_buyer": _at(16, WOMAN),
    "electric_vehicle_buyer": _at(17, WOMAN),
    "haulier": _at(18, WOMAN),
    "certificate_of_identity": _at(28, ELDER_CHILD),
    "disability_applicant": _at(31, WOMAN),
    "changed_name": _at(7, WOMAN),
    "foreign_name": _at(34, WOMAN),
    "student": _at(29, YOUNGER_CHILD),
    "hospital_death": _at(12, GRANDFATHER),
    "hospital_death_widow": _at(12, GRANDMOTHER),
    "hospital_death_child": _at(12, MAN),
    "beneficiary_death": _at(39, GRANDFATHER),
    "beneficiary_death_widow": _at(39, GRANDMOTHER),
    "beneficiary_death_child": _at(39, MAN),
}
"""The stable names; numbers change with the seed, places never do."""

PERSONA_HOUSEHOLDS: Final = 40

GENERATION: Final[dict[int, int]] = {0: 1984, 1: 1991, 2: 1966, 3: 1984}
"""Circle of ten households -> the year in which its couples begin to be born."""

SKETCH_RULES: Final[dict[int, dict[str, Any]]] = {
    PERSONAS["ordinary"]: {"birth_date": "1984-03-17"},
    PERSONAS["ordinary_woman"]: {"birth_date": "1986-11-05"},
    PERSONAS["single_word_name"]: {"full_name": "Thương"},
    PERSONAS["very_long_name"]: {
        "full_name": "Công Tằng Tôn Nữ Hoàng Thị Ngọc Bích Diễm Phương Thảo Nguyên "
        "Khánh An Thiên Hương Mai Quỳnh Anh Thư"
    },
    PERSONAS["nfd_name"]: {"full_name": "Nguyễn Đức Thắng"},
    PERSONAS["year_only_birth"]: {"birth_date": "1985"},
    PERSONAS["child_without_card"]: {"birth_date": "2019-08-21"},
    PERSONAS["born_1943_to_1975"]: {"birth_date": "1966-05-02"},
    PERSONAS["born_when_clocks_changed"]: {"birth_date": "1959-12-31"},
    PERSONAS["groom"]: {"sex": "male", "birth_date": "1997-04-12"},
    PERSONAS["bride"]: {"sex": "female", "birth_date": "1998-09-30"},
    PERSONAS["foreign_spouse"]: {"sex": "female", "birth_date": "1995-02-14"},
    PERSONAS["tenant_in_household"]: {"birth_date": "1996-07-08"},
    PERSONAS["deceased"]: {"died_on": "2024-06-11"},
    PERSONAS["pensioner"]: {"birth_date": "1943-10-02", "died_on": None},
    PERSONAS["social_pension_applicant"]: {"birth_date": "1944-01-20", "died_on": None},
    PERSONAS["year_only_child"]: {"birth_date": "2012"},
    **{PERSONAS[name]: {"died_on": None} for name in ("household_head", "landlord", "land_owner")},
    PERSONAS["merit_beneficiary"]: {"died_on": None},
    PERSONAS["land_user"]: {"died_on": None},
    PERSONAS["social_facility_head"]: {"died_on": None},
    PERSONAS["student"]: {"birth_date": "2006-09-02"},
    PERSONAS["foreign_name"]: {"full_name": "Anna-Maria O'Neill Lê"},
    PERSONAS["hospital_death"]: {"died_on": None},
    PERSONAS["hospital_death_widow"]: {"died_on": None},
    PERSONAS["beneficiary_death"]: {"birth_date": "1950-02-11", "died_on": None},
    PERSONAS["beneficiary_death_widow"]: {"died_on": None},
    _at(28, GRANDMOTHER): {"birth_date": "1945-06-15", "died_on": None},
    _at(29, GRANDFATHER): {"birth_date": "1940-05-09", "died_on": "2019-02-03"},
}
"""What is fixed about a persona before families are worked out."""

FIXED_BIRTHS: Final = frozenset(
    {PERSONAS["born_1943_to_1975"], PERSONAS["born_when_clocks_changed"]}
)
"""Whose birth belongs to a time in history and never moves (`calendar.py`)."""

HOSPITAL_DEATHS: Final[dict[int, str]] = {
    PERSONAS["hospital_death"]: "2026-11-16",
    PERSONAS["beneficiary_death"]: "2026-11-12",
}
"""Persona -> the day of a death in hospital that nobody has registered: all registers lag behind."""

COUPLES: Final[dict[int, str]] = {
    **dict.fromkeys(range(PERSONA_HOUSEHOLDS), "married"),
    26: "divorced",
    27: "widowed",
}
"""Household -> how its couple stands, where that is not drawn."""

TOGETHER: Final[dict[int, bool]] = {15: True, 16: True, 0: False, 18: False, 28: True, 29: True}
"""Household -> whether the grandparents live with the couple, where that is not drawn."""

WITHOUT_FATHER: Final = frozenset({PERSONAS["father_unknown"]})
FOREIGN_SPOUSES: Final[dict[int, tuple[str, str, str]]] = {
    PERSONAS["foreign_spouse"]: ("Mori Kenji", "JP", "1990-12-01")
}
LODGERS: Final[dict[int, int]] = {PERSONAS["tenant_in_household"]: PERSONAS["landlord"]}
"""Lodger -> the head of the household in which the lodger is registered."""

FORMER_NAMES: Final[dict[int, str]] = {PERSONAS["changed_name"]: "Đỗ Thị Út Bé"}
"""Persona -> the name that the birth certificate, older than a change of name, still holds."""

WITHOUT_CARD: Final = frozenset({PERSONAS["certificate_of_identity"]})
"""Adults to whom no identity card was issued."""

FATHER_BY_OLD_CARD: Final = frozenset({PERSONAS["nine_digit_relative"]})
"""People whose records name their father by the old nine-digit number alone."""
OLD_CARDS: Final = frozenset({PERSONAS["cmnd_and_cccd"], _at(23, GRANDFATHER)})

ETHNICITIES: Final[dict[int, str]] = {14: "17", 0: "01"}
"""Household -> ethnic group of its family line, where that is not drawn."""

LIVES_IN: Final[dict[int, str]] = {0: "51", 6: "24", 7: "24", 8: "24", 18: "48"}
"""Household -> province in which it lives, where that is not drawn."""

WIRE_RULES: Final[dict[int, dict[str, Any]]] = {
    PERSONAS["ordinary"]: {"nationality_empty": False},
    PERSONAS["nfd_name"]: {"decomposed_name": True},
    PERSONAS["old_unit_codes"]: {"units": "old"},
    PERSONAS["old_unit_code_not_reused"]: {"units": "old"},
    PERSONAS["commune_contradicts"]: {"units": "contradicting"},
    PERSONAS["empty_nationality"]: {"nationality_empty": True},
    PERSONAS["duplicate_record"]: {"state": "duplicate"},
    PERSONAS["under_verification"]: {"state": "under_verification"},
}
"""What is fixed about a persona's answers; other people of these households answer plainly."""

OLD_PROVINCE_SENT: Final[dict[int, str]] = {
    PERSONAS["old_unit_codes"]: "24",
    PERSONAS["old_unit_code_not_reused"]: "27",
}
"""Persona -> the old province whose code is sent: 24 was another province's before July 2025."""

SAYS_OTHERWISE: Final[dict[int, dict[str, Any]]] = {
    PERSONAS["wrong_official_value"]: {
        "ethnicity": Code("06", "Mường"),
        "hometown": Address(
            "VN", Code("38", "Tỉnh Thanh Hoá"), Code("14797", "Phường Hạc Thành"), "Thôn 2"
        ),
    },
    PERSONAS["moved_house"]: {
        "current": Address(
            "VN", Code("48", "Thành phố Đà Nẵng"), Code("20194", "Phường Hải Vân"), "Tổ 9"
        ),
    },
}
"""Persona -> what the person says where the registers say something else."""
