"""The papers in a person's own store on the portal.

Ours: half of the people have one; in it lie the same papers that `records_of` tells, as results of
another province, each under an id of its own and stored on the day after its issue. Of some no copy
ever came to the province where the person lives now (`only_there`).
"""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

from mocks.people import Population
from mocks.people.knowledge import records_of

Json = dict[str, Any]

PROVINCE = "H98"
"""The code of the invented province that the papers come from."""

GOES_ALONG = frozenset(
    {
        "birth_certificate",
        "disability_certificate",
        "driving_licence",
        "identity_card",
        "insurance_card",
        "passport",
        "tax_notice",
    }
)
"""Kinds of papers that people bring along when they move."""

_STORED_WHERE_UNDATED = "20240701080000"


def has_store(n: int) -> bool:
    """Whether person n keeps papers on the portal: every second circle of relatives does."""
    return n // 60 % 2 == 0


def only_there(n: int, kind: str) -> bool:
    """Whether the store holds person n's papers of this kind and the province has no copy."""
    return has_store(n) and kind in GOES_ALONG and crc32(f"{n} {kind}".encode()) % 2 == 0


def papers_of(population: Population, n: int) -> list[Json]:
    """What the store holds of person n: `{"id", "storedAt", "unit", "paper"}` each.

    `paper` has the shape of `records_of`; its file's digest is that of `file_of`.
    """
    if not has_store(n):
        return []
    return [laid(record) for record in records_of(population, n)]


def file_of(paper_id: str) -> bytes:
    """The file behind a paper: invented, and the same whenever it is asked for."""
    return f"%PDF-1.4\n% a paper that nobody was ever issued, {paper_id}\n%%EOF\n".encode()


def laid(record: Json) -> Json:
    """A paper as it lies in the store of its owner."""
    named = f"{record['kind']} {record['number']} {record['owner']['personal_id']}"
    paper_id = "gt" + hashlib.sha256(named.encode()).hexdigest()[:24]
    file = {
        "name": f"{paper_id}.pdf",
        "sha256": hashlib.sha256(file_of(paper_id)).hexdigest(),
        "media_type": "application/pdf",
    }
    return {
        "id": paper_id,
        "storedAt": _stored_at(record["issued_on"]),
        "unit": PROVINCE,
        "paper": {**record, "file": file},
    }


def _stored_at(issued_on: str | None) -> str:
    """`yyyyMMddHHmmss`, the portal's own style of dates, in Vietnam's time."""
    if issued_on is None:
        return _STORED_WHERE_UNDATED
    after = datetime.fromordinal(date.fromisoformat(issued_on).toordinal()) + timedelta(days=1)
    return after.strftime("%Y%m%d080000")
