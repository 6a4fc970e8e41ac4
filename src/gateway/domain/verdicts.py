"""Which classes, reasons and verdicts can a field have? (design of the measure, sections 3.2, 3.3, 5.1)"""

from enum import StrEnum


class FieldClass(StrEnum):
    """How a filled value came about (phân loại giá trị); first that fits, in this order."""

    SAME_CASE = "same_case"
    EXTRA = "extra"
    CONSTANT = "constant"
    DERIVED = "derived"
    REPEAT = "repeat"
    KNOWN = "known"
    SUGGESTED = "suggested"
    FACT = "fact"


class EditPolicy(StrEnum):
    """Whether a filled value may be changed (quyền sửa giá trị)."""

    LOCKED = "locked"
    CORRECTABLE = "correctable"
    FREE = "free"


class Reason(StrEnum):
    """Why a field was left empty (lý do để trống)."""

    HIDDEN = "hidden"
    NOT_BOUND = "not_bound"
    NOT_HELD = "not_held"
    NO_RECORD = "no_record"
    SOURCE_UNAVAILABLE = "source_unavailable"
    NOT_PERMITTED = "not_permitted"
    CONFLICT = "conflict"
    STALE = "stale"
    NOT_CONVERTIBLE = "not_convertible"
    ALREADY_GIVEN = "already_given"
    WITHHELD = "withheld"
    DECLINED = "declined"
    DEFERRED = "deferred"


class Verdict(StrEnum):
    """What became of a field at submission (kết quả đối chiếu khi nộp); total and exclusive."""

    CONTESTED = "contested"
    OFFICER = "officer"
    AUTO = "auto"
    OVERRIDE = "override"
    MISSING = "missing"
    MANUAL = "manual"
    BLANK = "blank"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"


DECLARED = frozenset(
    {Verdict.CONTESTED, Verdict.OFFICER, Verdict.OVERRIDE, Verdict.MISSING, Verdict.MANUAL}
)
