"""Which legal ground can a call name? Its procedure, or an act that `schemas/legal-acts.json` lists."""

import json
import re
from pathlib import Path

from gateway.domain.errors import BadRequest
from gateway.domain.identifiers import ProcedureCode

_NUMBER = re.compile(r"(?<![0-9.])[0-9.]+/[0-9]{4}")


def read_acts(schemas: Path) -> frozenset[str]:
    """The numbers of the acts that are listed, whole and without the body that issued them."""
    path = schemas / "legal-acts.json"
    listed = json.loads(path.read_bytes())["acts"] if path.exists() else []
    short = (_NUMBER.match(number) for number, _ in listed)
    return frozenset([number for number, _ in listed] + [one[0] for one in short if one])


def check_legal_basis(
    kind: str, reference: str, named: frozenset[str], acts: frozenset[str]
) -> None:
    """Raises BadRequest `legal_basis_unknown`; `named` are the call's procedure and form.

    A consent may also be named by its own number, which is no procedure's.
    """
    if reference in acts and kind != "procedure":
        return
    if kind != "law" and reference in named:
        return
    if kind == "consent" and not _is_procedure(reference):
        return
    raise BadRequest(
        "legal_basis_unknown", "neither the procedure nor an act that is listed", _MEMBER
    )


_MEMBER = "legal_basis.reference"


def _is_procedure(reference: str) -> bool:
    try:
        ProcedureCode(reference)
    except ValueError:
        return False
    return True
