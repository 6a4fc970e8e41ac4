"""Names and numbers that identify people, forms, dossiers and callers."""

import re
from dataclasses import dataclass, field
from typing import NewType

FormCode = NewType("FormCode", str)
TenantId = NewType("TenantId", str)
SourceId = NewType("SourceId", str)
RoleName = NewType("RoleName", str)
AttributeName = NewType("AttributeName", str)
ChainId = NewType("ChainId", str)
IssuerAndKind = tuple[str, str]
"""The authority that issues records (cơ quan ban hành), and one kind of them."""


def folded_issuer(name: str) -> str:
    """An issuer's name as names of issuers are compared: case folded, single blanks."""
    return " ".join(name.casefold().split())


SESSION = SourceId("session")
POPULATION = SourceId("population")
RECORDS = SourceId("records")
PERSONAL_PAPERS = SourceId("personal_papers")

_PERSONAL_ID_DIGITS = 12
_DOSSIER_CODE = re.compile(r"[0-9A-Z]+(?:\.[0-9A-Z]+)*-(?:[0-9]{6}|[0-9]{8})-[0-9]{4,7}")
_LEVEL_1 = re.compile(r"[A-Z][0-9]{2}")
_PROCEDURE_CODE = re.compile(r"[0-9]\.[0-9]{6}(?:\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})?")


@dataclass(frozen=True, slots=True)
class PersonalId:
    """A citizen's 12-digit personal identification number (số định danh cá nhân).

    Raises ValueError unless the text is exactly twelve ASCII digits; the number's structure
    (province, century and sex, year) is never a reason to refuse (Decree 137/2015 art. 13).
    """

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        digits = self.digits
        if not (len(digits) == _PERSONAL_ID_DIGITS and digits.isascii() and digits.isdigit()):
            raise ValueError("a personal identification number has exactly 12 digits")

    @property
    def birth_year(self) -> int:
        """The year that digits 4 to 6 give: century and sex, then two digits of the year."""
        return 1900 + 100 * (int(self.digits[3]) // 2) + int(self.digits[4:6])


@dataclass(frozen=True, slots=True)
class DossierCode:
    """The code of one case of a procedure (mã hồ sơ), in either format that iGate issues.

    Raises ValueError for any other text.
    """

    text: str

    def __post_init__(self) -> None:
        if not _DOSSIER_CODE.fullmatch(self.text):
            raise ValueError("a dossier code reads agency-date-number")

    @property
    def agency(self) -> tuple[str, ...]:
        """The code's agency from its level-1 group down: `("H48", "53")`; empty where it has none."""
        return agency_groups(self.text.partition("-")[0])


def agency_groups(code: str) -> tuple[str, ...]:
    """An agency's code from its level-1 group down; empty for one without such a group.

    `H48.53` as it stands; the old format `000.00.53.H48` from the right. Groups of zeros at the end
    say nothing.
    """
    groups = code.split(".")
    if not _LEVEL_1.fullmatch(groups[0]):
        groups.reverse()
    if not _LEVEL_1.fullmatch(groups[0]):
        return ()
    while len(groups) > 1 and not groups[-1].strip("0"):
        groups.pop()
    return tuple(groups)


def lies_in(agency: tuple[str, ...], above: tuple[str, ...]) -> bool:
    """Whether an agency is another one or lies below it, both by their groups."""
    return bool(above) and agency[: len(above)] == above


@dataclass(frozen=True, slots=True)
class ProcedureCode:
    """The national code of an administrative procedure (mã thủ tục hành chính).

    Raises ValueError for any other text.
    """

    text: str

    def __post_init__(self) -> None:
        if not _PROCEDURE_CODE.fullmatch(self.text):
            raise ValueError("a procedure code reads like 1.004222")
