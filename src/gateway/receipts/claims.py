"""The claims of a prefill receipt: what each says, and their JSON form.

A receipt (biên nhận điền sẵn) is a JWS in compact form, EdDSA over Ed25519, `typ`
`prefill-receipt+jwt` (`receipt.py`). Its claims, beside `iss`, `aud`, `jti`, `iat`, `exp`:

    chain, prev     the chain, and the `jti` of the receipt that this one extends (or null)
    form, version   the form's code and its registered version
    procedure       the procedure's code, or null
    channel         online, desk or post
    dossier         tag of the dossier code, or null
    subject         tag of the applicant's number
    persons         [{role, row, key, applicant, tag}]: the persons of the roles; `key` is the field in
                    which the citizen gave the number, or null
    reads           [{source, role, outcome, ref}]: `ref` is the number under which the source logged it
    asked, matched  tags of the persons (number, name, birth date) that a source was asked about, and of
                    those that the population database matched
    tied            tags of the numbers that a register or a vouched paper names beside the applicant
    heads           tags of the numbers that the population database says head the applicant's household
    sets            {path: true|false}: hidden components that the gateway set
    ways            {role: number}: the rule of the bindings that found a role's person, where an answer
                    of the form decides it
    told            [[role, attribute]]: what the caller had provided in this chain by then, role
                    `(subject)` for the person that the question is about
    rows            [{group, row, tag}]: one tag per filled row of a repeating group
    records         [{id, vouched, tag}]: the province's records that filled a field: whether somebody
                    vouches for the record, and the tag of its paper
    fields          per declarable field, filled: {path, rows, source, role, attribute, class, as_of,
                    edit, confirmed_by, record, tag, and young: true where an unvouched paper
                    of less than 30 days said it}; empty: {path, reason, role, attribute,
                    retry_at where it waits for a record}

A receipt holds no value, no name and no number; it is personal data all the same. Its tags are those of
`tags.py`. A receipt that an earlier release issued may lack `asked`, `matched`, `tied`, `heads` and
`records`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from gateway.domain.errors import ReceiptRefused
from gateway.domain.identifiers import RECORDS, AttributeName, ChainId, RoleName, SourceId
from gateway.domain.value import value
from gateway.domain.verdicts import EditPolicy, FieldClass, Reason

Provided: TypeAlias = frozenset[tuple[RoleName, AttributeName]]
"""What the caller provided of whom, by role and attribute."""


@value
class FilledClaim:
    """A field that was filled: everything but the value, for which `tag` stands.

    `as_of` is RFC 3339 with the local offset. `young`: an unvouched paper of less than 30 days said it.
    """

    path: str
    rows: tuple[int, ...]
    source: SourceId
    role: RoleName
    attribute: AttributeName
    field_class: FieldClass
    as_of: str
    edit: EditPolicy
    confirmed_by: SourceId | None
    record: str | None
    young: bool
    tag: str = field(repr=False)


@value
class EmptyClaim:
    """A field that was left empty; `retry_at` (RFC 3339) where it waits for a record."""

    path: str
    reason: Reason
    role: RoleName | None = None
    attribute: AttributeName | None = None
    retry_at: str | None = None


FieldClaim: TypeAlias = FilledClaim | EmptyClaim


@value
class PersonClaim:
    """A person of a role; `key` is the field in which the citizen gave the number."""

    role: str
    row: tuple[int, ...]
    key: str | None
    applicant: bool
    tag: str = field(repr=False)


@value
class ReadClaim:
    """One read of a source: what it came to, and the number under which the source logged it."""

    source: str
    role: str
    outcome: str
    ref: str


@value
class RowClaim:
    """A filled row of a repeating group."""

    group: str
    row: tuple[int, ...]
    tag: str = field(repr=False)


@value
class RecordClaim:
    """A record of the province that filled a field; `tag` is that of its paper."""

    id: str
    vouched: bool
    tag: str = field(repr=False)


@dataclass(frozen=True)
class ReceiptClaims:
    """Everything that a receipt says, but who issued it; the members as the module describes them.

    `asked` is None where a release issued it that did not say whom it asked about.
    """

    tenant: str
    jti: str
    chain: ChainId
    previous: str | None
    issued_at: int
    expires_at: int
    form: str
    version: str
    procedure: str | None
    channel: str
    dossier: str | None
    subject: str
    persons: tuple[PersonClaim, ...]
    reads: tuple[ReadClaim, ...]
    asked: frozenset[str] | None
    matched: frozenset[str]
    tied: frozenset[str]
    heads: frozenset[str]
    sets: Mapping[str, bool]
    rules: Mapping[RoleName, int]
    provided: Provided
    rows: tuple[RowClaim, ...]
    records: tuple[RecordClaim, ...]
    fields: tuple[FieldClaim, ...]

    @cached_property
    def filled(self) -> Mapping[str, FilledClaim]:
        """The fields that were filled, by instance path."""
        return {one.path: one for one in self.fields if isinstance(one, FilledClaim)}

    @cached_property
    def row_tags(self) -> Mapping[tuple[str, int], str]:
        """The tags of filled rows, by group and by the number that the row had then."""
        return {(row.group, row.row[0]): row.tag for row in self.rows}

    @cached_property
    def _vouched(self) -> frozenset[str]:
        return frozenset(record.id for record in self.records if record.vouched)

    def unvouched_record(self, claim: FilledClaim) -> str | None:
        """The record of the province that filled a field, where nobody vouches for that record."""
        if claim.source != RECORDS or claim.record in self._vouched:
            return None
        return claim.record


def encode(claims: ReceiptClaims) -> dict[str, object]:
    """The claims as JSON, in the order in which they are signed."""
    return {
        "aud": claims.tenant,
        "jti": claims.jti,
        "chain": claims.chain,
        "prev": claims.previous,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
        "form": claims.form,
        "version": claims.version,
        "procedure": claims.procedure,
        "channel": claims.channel,
        "dossier": claims.dossier,
        "subject": claims.subject,
        "persons": [
            {"role": p.role, "row": p.row, "key": p.key, "applicant": p.applicant, "tag": p.tag}
            for p in claims.persons
        ],
        "reads": [
            {"source": r.source, "role": r.role, "outcome": r.outcome, "ref": r.ref}
            for r in claims.reads
        ],
        "asked": sorted(claims.asked or ()),
        "matched": sorted(claims.matched),
        "tied": sorted(claims.tied),
        "heads": sorted(claims.heads),
        "sets": dict(claims.sets),
        "ways": dict(claims.rules),
        "told": sorted(claims.provided),
        "rows": [{"group": r.group, "row": r.row, "tag": r.tag} for r in claims.rows],
        "records": [{"id": r.id, "vouched": r.vouched, "tag": r.tag} for r in claims.records],
        "fields": [
            _filled(one) if isinstance(one, FilledClaim) else _empty(one) for one in claims.fields
        ],
    }


def _filled(claim: FilledClaim) -> dict[str, object]:
    return {
        "path": claim.path,
        "rows": claim.rows,
        "source": claim.source,
        "role": claim.role,
        "attribute": claim.attribute,
        "class": claim.field_class.value,
        "as_of": claim.as_of,
        "edit": claim.edit.value,
        "confirmed_by": claim.confirmed_by,
        "record": claim.record,
        **({"young": True} if claim.young else {}),
        "tag": claim.tag,
    }


def _empty(claim: EmptyClaim) -> dict[str, object]:
    members: dict[str, object] = {"path": claim.path, "reason": claim.reason.value}
    if claim.attribute is not None:
        members |= {"role": claim.role, "attribute": claim.attribute}
    if claim.retry_at is not None:
        members["retry_at"] = claim.retry_at
    return members


def decode(said: Mapping[str, Any]) -> ReceiptClaims:
    """Read claims that `encode` wrote; raises ReceiptRefused `receipt_unreadable` for others."""
    try:
        return ReceiptClaims(
            tenant=said["aud"],
            jti=said["jti"],
            chain=said["chain"],
            previous=said["prev"],
            issued_at=said["iat"],
            expires_at=said["exp"],
            form=said["form"],
            version=said["version"],
            procedure=said["procedure"],
            channel=said["channel"],
            dossier=said["dossier"],
            subject=said["subject"],
            persons=tuple(PersonClaim(**{**p, "row": tuple(p["row"])}) for p in said["persons"]),
            reads=tuple(ReadClaim(**r) for r in said["reads"]),
            asked=frozenset(said["asked"]) if "asked" in said else None,
            matched=frozenset(said.get("matched", ())),
            tied=frozenset(said.get("tied", ())),
            heads=frozenset(said.get("heads", ())),
            sets=said["sets"],
            rules=said["ways"],
            provided=frozenset((RoleName(r), AttributeName(a)) for r, a in said["told"]),
            rows=tuple(RowClaim(r["group"], tuple(r["row"]), r["tag"]) for r in said["rows"]),
            records=tuple(RecordClaim(**r) for r in said.get("records", ())),
            fields=tuple(_field(one) for one in said["fields"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ReceiptRefused("receipt_unreadable", "the receipt's claims are not ours") from None


def _field(said: Mapping[str, Any]) -> FieldClaim:
    if "tag" not in said:
        return EmptyClaim(
            said["path"],
            Reason(said["reason"]),
            said.get("role"),
            said.get("attribute"),
            said.get("retry_at"),
        )
    return FilledClaim(
        path=said["path"],
        rows=tuple(said["rows"]),
        source=said["source"],
        role=said["role"],
        attribute=said["attribute"],
        field_class=FieldClass(said["class"]),
        as_of=said["as_of"],
        edit=EditPolicy(said["edit"]),
        confirmed_by=said["confirmed_by"],
        record=said["record"],
        young=said.get("young", False),
        tag=said["tag"],
    )
