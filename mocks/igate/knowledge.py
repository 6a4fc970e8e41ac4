"""What one person answers, from memory and papers, when a form asks for an attribute of somebody.

An answer is plain: a text, a number, a yes or no, an ISO date (`YYYY` where only the year is known),
a `{"code", "label"}` of some list, or the boxes ticked; None where nobody could say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mocks.igate.papers import ON_PAPER
from mocks.people import Population
from mocks.people.knowledge import truth_of

Plain = str | int | bool | tuple[str, ...] | Mapping[str, str] | None
"""One answer before it is typed into a component."""

_SEXES = {"male": "Nam", "female": "Nữ"}
_MARITAL = {
    "single": ("1", "Chưa kết hôn"),
    "married": ("2", "Đang có vợ/chồng"),
    "divorced": ("3", "Đã ly hôn hoặc góa vợ/chồng"),
    "widowed": ("3", "Đã ly hôn hoặc góa vợ/chồng"),
}
_BY_HOLDING: Mapping[str, tuple[str, Plain, Plain]] = {
    "identity_card.paper_type": ("identity_certificate", "Giấy tờ khác", "Thẻ căn cước"),
    "identity_card.paper_name": ("identity_certificate", "Giấy chứng nhận căn cước", None),
    "death_notice.kind": ("death_notice", "Giấy báo tử", None),
    "insurance.health_card": ("insurance_card", True, False),
    "insurance.enrolment": (
        "insurance_card",
        "Đã có mã số bảo hiểm xã hội",
        "Chưa có mã số bảo hiểm xã hội",
    ),
    "insurance.household_known": (
        "insurance_household",
        "Đã biết mã số hộ gia đình",
        "Chưa biết mã số hộ gia đình",
    ),
    "disability.certified": ("disability_certificate", True, False),
}
"""What holding a paper says by itself: the kind, the answer of a holder, the answer of others."""

_ENDED_BY: Mapping[str, Plain] = {
    "divorced": {"code": "ly_hon", "label": "Ly hôn"},
    "widowed": {"code": "goa", "label": "Vợ hoặc chồng đã chết"},
}


@dataclass(frozen=True, slots=True)
class Someone:
    """Somebody of whom a form asks: what they say of themselves, and the papers they hold.

    `n` is their place in the population, None for people from outside.
    """

    said: Mapping[str, Any] = field(repr=False)
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    newborn: Mapping[str, Any] | None = field(default=None, repr=False)
    n: int | None = None

    def answer(self, attribute: str) -> Plain:
        """The answer to one attribute of the dictionary, or None."""
        subject, _, part = attribute.partition(".")
        if subject == "person":
            return self._of_person(part)
        if subject == "birth_notice" and self.newborn is not None:
            return self._of_newborn(part, self.newborn)
        if attribute == "residence.type":
            return {"code": "permanent", "label": "Thường trú"}
        if attribute.startswith("residence.temporary_address."):
            return _of_address(self.said.get("temporary_address"), part.partition(".")[2])
        if attribute == "poverty.status":
            held = self.papers.get("poverty_certificate", {"status": "none"})
            return {"code": str(held["status"]), "label": ""}
        if attribute in _BY_HOLDING:
            kind, of_holders, of_others = _BY_HOLDING[attribute]
            return of_holders if kind in self.papers else of_others
        if attribute == "marriage.ended_by":
            return _ENDED_BY.get(str(self.said.get("marital_status")))
        place, _, rest = attribute.rpartition(".")
        if place in ON_PAPER:
            kind, member = ON_PAPER[place]
            return _of_address(self.papers.get(kind, {}).get(member), rest)
        return self._of_paper(attribute)

    def _of_person(self, part: str) -> Plain:
        said = self.said
        names = str(said["full_name"]).split()
        place, _, rest = part.partition(".")
        match place:
            case "surname":
                return names[0] if len(names) > 1 else None
            case "middle_name":
                return " ".join(names[1:-1]) or None
            case "given_name":
                return names[-1]
            case "middle_and_given_name":
                return " ".join(names[1:]) or names[0]
            case "sex" if said.get("sex"):
                return {"code": said["sex"], "label": _SEXES[said["sex"]]}
            case "marital_status" if said.get("marital_status"):
                code, label = _MARITAL[said["marital_status"]]
                return {"code": code, "label": label}
            case "nationality":
                return {"code": str(said.get("nationality") or "VN"), "label": ""}
        held = said.get(place)
        return _of_address(held, rest) if rest else held

    def _of_newborn(self, part: str, newborn: Mapping[str, Any]) -> Plain:
        match part:
            case "child_birth_date":
                return str(newborn["birth_date"])
            case "child_sex":
                return {"code": newborn["sex"], "label": _SEXES[newborn["sex"]]}
            case "intended_name":
                return str(newborn["full_name"])
            case "source":
                return {"code": "upload", "label": "Tải tệp lên"}
            case "facility" if "birth_notice" not in self.papers:
                return _of_address(newborn["birth_place"], "detail")
        if part.startswith("place."):
            return _of_address(newborn["birth_place"], part.removeprefix("place."))
        return self._of_paper(f"birth_notice.{part}")

    def _of_paper(self, attribute: str) -> Plain:
        kind, member = ON_PAPER.get(attribute, ("", ""))
        held = self.papers.get(kind, {}).get(member)
        if held is None and kind == "identity_card":
            return self.said.get(
                {"card_number": "personal_id", "issue_date": "card_issued_on"}.get(
                    member, {"issuer": "card_issuer"}.get(member, "")
                )
            )
        answer: Plain = held
        return answer


def _of_address(address: Mapping[str, Any] | None, part: str) -> Plain:
    if address is None:
        return None
    match part:
        case "country":
            return {"code": address["country"], "label": ""}
        case "in_vietnam":
            at_home = address["country"] == "VN"
            return {"code": "vn" if at_home else "abroad", "label": ""}
        case "full":
            units = (address["commune"]["label"], address["province"]["label"])
            return ", ".join((address["detail"], *units))
    held: Plain = address.get(part)
    return held


def someone(population: Population, n: int) -> Someone:
    """Person n as they know themselves."""
    truth = truth_of(population, n)
    return Someone(truth["person"], truth["papers"], truth["newborn"], n)


def outsider(relative: Mapping[str, Any]) -> Someone:
    """Somebody of whom no more is known than name, birth and nationality."""
    return Someone({"sex": None, "marital_status": None, **relative})
