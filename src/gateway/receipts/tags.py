"""Tags: how a receipt shows that a value is the one handed out, without holding the value.

`K` is 32 random bytes per chain. `LP(x)` is the 4-byte big-endian length of x, then x. Tags are
untruncated HMAC-SHA-256 in base64url without padding:

    K_f = HKDF-Expand-SHA256(K, "eform-gateway/receipt/field/v1", 32)   (row, subject, dossier, record alike)
    field   = HMAC(K_f, LP(chain) LP(tenant) LP(form digest) LP(bindings digest) LP(path template)
                        LP(row) LP(role) LP(attribute) LP(edit) LP(type) LP(canon))
    row     = HMAC(K_r, LP(chain) LP(form digest) LP(bindings digest) LP(group path) LP(row),
                        then LP(path template) LP(canon) of each locked field, in bindings order)
    person  = HMAC(K_s, LP(chain) LP(role) LP(row) LP(kind of number) LP(number))
    match   = HMAC(K_s, LP(chain) LP("(matched)") LP("") LP("") LP(number|name|birth date))
    asked   = likewise, with LP("(asked)")
    dossier = HMAC(K_d, LP(chain) LP(tenant) LP(dossier code))
    record  = HMAC(K_p, LP(chain) LP(record's id) LP(digest of its paper, records/paper.py))

`row` is the row's number when it was filled, 4 bytes per enclosing group, outermost first; empty
outside groups. The canonical value is the one of `forms/values.py`.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

SUBJECT = "subject"
"""The name under which a receipt tags whoever acts, whichever role of the form that is."""

TIED = "(tied)"
"""The name under which a receipt tags whom a register or a vouched paper names beside the applicant."""

HEAD = "(head)"
"""The name under which a receipt tags who heads the applicant's household, as the register says."""

_COMMITMENT = b"eform-gateway/receipt/key/v1"


def new_key() -> bytes:
    """A fresh K: 32 random bytes."""
    return secrets.token_bytes(32)


def commit_to(key: bytes) -> bytes:
    """What the log says of K, so that nobody can bring another one later; K has 256 random bits."""
    return hashlib.sha256(_COMMITMENT + key).digest()


def length_prefixed(parts: Iterable[bytes]) -> bytes:
    """LP of each part, joined: no two lists of parts give the same bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def row_bytes(rows: tuple[int, ...]) -> bytes:
    """A row's number, 4 bytes per enclosing group, outermost first."""
    return b"".join(number.to_bytes(4, "big") for number in rows)


@dataclass(frozen=True, slots=True)
class FieldMark:
    """Everything that a field's tag is bound to but the value."""

    template: str
    rows: tuple[int, ...]
    role: str
    attribute: str
    edit: str
    type: str


@lru_cache(maxsize=20_000)
def _mark_bytes(mark: FieldMark) -> bytes:
    """A field's mark as its tag takes it in: the same for everybody who fills that field."""
    parts = (mark.template, mark.role, mark.attribute, mark.edit, mark.type)
    template, *others = (part.encode() for part in parts)
    return length_prefixed((template, row_bytes(mark.rows), *others))


@dataclass(frozen=True, slots=True)
class Tagger:
    """Makes and opens the tags of one chain for one form version of one tenant."""

    _field: hmac.HMAC = field(repr=False)
    _row: hmac.HMAC = field(repr=False)
    _person: hmac.HMAC = field(repr=False)
    _dossier: hmac.HMAC = field(repr=False)
    _record: hmac.HMAC = field(repr=False)

    @classmethod
    def of(
        cls, key: bytes, chain: str, tenant: str, form_digest: str, bindings_digest: str
    ) -> "Tagger":
        """Derive the five keys of one chain from K."""
        named = (chain, tenant, form_digest, bindings_digest)
        of_chain, of_tenant, *of_form = [length_prefixed([text.encode()]) for text in named]
        return cls(
            _keyed(key, b"field", b"".join((of_chain, of_tenant, *of_form))),
            _keyed(key, b"row", b"".join((of_chain, *of_form))),
            _keyed(key, b"subject", of_chain),
            _keyed(key, b"dossier", of_chain + of_tenant),
            _keyed(key, b"record", of_chain),
        )

    def field_tag(self, mark: FieldMark, canon: str) -> str:
        """The tag of one field and one canonical value."""
        text = canon.encode()
        return _tag(self._field, _mark_bytes(mark) + len(text).to_bytes(4, "big") + text)

    def row_tag(self, group: str, rows: tuple[int, ...], locked: Iterable[tuple[str, str]]) -> str:
        """The tag of one row: `locked` gives template and canon of each locked field."""
        parts = [group.encode(), row_bytes(rows)]
        parts += [text.encode() for pair in locked for text in pair]
        return _tag(self._row, length_prefixed(parts))

    def person_tag(self, role: str, rows: tuple[int, ...], number: str) -> str:
        """The tag of the person behind a role, by personal identification number."""
        parts = (role.encode(), row_bytes(rows), b"personal_id", number.encode())
        return _tag(self._person, length_prefixed(parts))

    def match_tag(self, identity: str) -> str:
        """The tag of number, name and birth date as they were said when the register matched them."""
        return _tag(self._person, length_prefixed((b"(matched)", b"", b"", identity.encode())))

    def asked_tag(self, identity: str) -> str:
        """The tag of number, name and birth date of which a source was asked."""
        return _tag(self._person, length_prefixed((b"(asked)", b"", b"", identity.encode())))

    def dossier_tag(self, code: str) -> str:
        """The tag of the dossier that the chain belongs to."""
        return _tag(self._dossier, length_prefixed([code.encode()]))

    def record_tag(self, record: str, paper: bytes) -> str:
        """The tag of the paper behind a record, by which a sampling audit knows it again."""
        return _tag(self._record, length_prefixed([record.encode(), paper]))


def same_tag(one: str, other: str) -> bool:
    """Compare two tags in constant time."""
    return hmac.compare_digest(one, other)


def _keyed(key: bytes, name: bytes, head: bytes) -> hmac.HMAC:
    """HMAC under a key derived from K, with what every message begins with taken in already."""
    info = b"eform-gateway/receipt/" + name + b"/v1"
    derived = HKDFExpand(SHA256(), 32, info).derive(key)
    return hmac.new(derived, head, "sha256")


def _tag(keyed: hmac.HMAC, message: bytes) -> str:
    mac = keyed.copy()
    mac.update(message)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()
