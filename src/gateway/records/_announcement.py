"""Announcements of records that are being digitised, and when they will be available.

    {"kind", "owner": {"personal_id", "full_name"?}, "dossier"?, "expected_at"}

`expected_at` is RFC 3339 with an offset, at most 30 days ahead: so long can a receipt wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.domain.identifiers import PersonalId
from gateway.records._contents import check_text, place_in, refuse
from gateway.records.kinds import Kinds
from gateway.records.record import read_dossier, read_owner

LONGEST_WAIT = timedelta(days=30)
_MEMBERS = frozenset({"kind", "owner", "dossier", "expected_at"})


@dataclass(frozen=True, slots=True)
class Announcement:
    """A record that is being digitised (giấy tờ đang số hóa)."""

    kind: str
    owner: PersonalId
    owner_name: str | None = field(repr=False)
    dossier: str | None
    expected_at: datetime

    def document(self) -> dict[str, object]:
        """The announcement as it is stored; the owner's number is in the index only."""
        kept: dict[str, object] = {
            "dossier": self.dossier,
            "expected_at": self.expected_at.isoformat(),
        }
        return kept if self.owner_name is None else {**kept, "owner_name": self.owner_name}


def read_announcement(sent: Mapping[str, object], kinds: Kinds, now: datetime) -> Announcement:
    """Take in an announcement; raises RecordRefused over the first place that is wrong."""
    for name in sent:
        if name not in _MEMBERS:
            refuse("unknown_member", "it is said when the record comes", place_in("", name)[1:])
    kind = check_text(sent["kind"], "kind")
    owner, owner_name = read_owner(sent["owner"])
    dossier = read_dossier(sent.get("dossier"))
    return Announcement(
        kind=kinds[kind].name,
        owner=owner,
        owner_name=owner_name,
        dossier=dossier,
        expected_at=_moment(sent["expected_at"], now),
    )


def _moment(value: object, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(check_text(value, "expected_at"))
    except ValueError:
        refuse("malformed_time", "a time with offset, RFC 3339", "expected_at")
    if moment.tzinfo is None:
        refuse("malformed_time", "a time with offset, RFC 3339", "expected_at")
    if not now < moment <= now + LONGEST_WAIT:
        refuse("not_awaited", "within the next 30 days", "expected_at")
    return moment
