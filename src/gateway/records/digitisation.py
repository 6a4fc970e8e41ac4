"""Where did a digitised paper come from, and who vouches for it? (Circular 01/2023/TT-VPCP)

Beside the paper itself a record may say, each member as far as it is known:

    procedure        code of the procedure whose result or component the paper is
    came_as          `result` of a dossier, or `component` handed in with one
    result_code      the result's own code (mã kết quả), such as `KQ.G07.000122`
    qr               what the printed code says: {dossier, procedure, owner, title}; it may not
                     differ from what the record says
    issuer_signature JWS in compact form by a key of the issuer, see `issuers.py`
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.identifiers import DossierCode, ProcedureCode
from gateway.records.contents import check_object, check_personal_id, check_text, refuse

MEMBERS = ("procedure", "came_as", "result_code", "qr", "issuer_signature")
LONGEST_SIGNATURE = 20_000
_RESULT_CODE = re.compile(r"[0-9A-Z]+(?:[.-][0-9A-Z]+)*")
_LONGEST_RESULT_CODE = 60


@dataclass(frozen=True, slots=True)
class Digitisation:
    """What accompanies a digitised paper (thông tin số hóa); nothing where nothing was said."""

    procedure: str | None = None
    came_as: str | None = None
    result_code: str | None = None
    qr: Mapping[str, str] | None = field(default=None, repr=False)
    issuer_signature: str | None = field(default=None, repr=False)

    def document(self) -> dict[str, Any]:
        """The members that say something, as they were sent."""
        told = {name: getattr(self, name) for name in MEMBERS}
        return {name: value for name, value in told.items() if value is not None}


def read_digitisation(sent: Mapping[str, Any]) -> Digitisation:
    """Take in what accompanies a paper; raises RecordRefused over the first place that is wrong."""
    procedure, came_as, result_code, qr, signature = (sent.get(name) for name in MEMBERS)
    if procedure is not None:
        check_procedure(procedure, "procedure")
    if came_as is not None and came_as not in ("result", "component"):
        refuse("unknown_origin", "`result` or `component`", "came_as")
    if result_code is not None:
        _check_result_code(result_code)
    if signature is not None:
        check_text(signature, "issuer_signature", LONGEST_SIGNATURE)
    return Digitisation(procedure, came_as, result_code, _qr(qr, sent), signature)


def check_procedure(value: Any, place: str) -> None:
    """Raise RecordRefused unless the value is a procedure's code."""
    check_text(value, place)
    try:
        ProcedureCode(value)
    except ValueError:
        refuse("malformed_procedure", "a procedure code reads like 1.004222", place)


def check_dossier(value: Any, place: str) -> None:
    """Raise RecordRefused unless the value is a dossier's code."""
    check_text(value, place)
    try:
        DossierCode(value)
    except ValueError:
        refuse("malformed_dossier", "a dossier code reads agency-date-number", place)


def _check_result_code(value: Any) -> None:
    check_text(value, "result_code", _LONGEST_RESULT_CODE)
    if not _RESULT_CODE.fullmatch(value):
        refuse("malformed_result_code", "capitals and digits in parts", "result_code")


def _qr(said: Any, sent: Mapping[str, Any]) -> Mapping[str, str] | None:
    """What the printed code says, which may not be another paper's."""
    if said is None:
        return None
    members = {
        "dossier": check_dossier,
        "procedure": check_procedure,
        "owner": check_personal_id,
        "title": check_text,
    }
    check_object(said, "qr", members)
    stated = {**sent, "owner": sent["owner"].get("personal_id")}
    for name in ("dossier", "procedure", "owner"):
        printed, other = said.get(name), stated.get(name)
        if printed is not None and other is not None and printed != other:
            refuse("qr_disagrees", "the printed code is another paper's", f"qr.{name}")
    return {name: text for name, text in said.items() if text is not None}
