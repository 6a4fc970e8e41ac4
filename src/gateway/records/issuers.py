"""Check that the authority that a record names really issued it.

An issuer vouches for a record by a JWS in compact form (RFC 7515), Ed25519 or ES256, under one of
the keys that the deployment holds for that issuer. Its payload (ours: no official form is known) is
the JSON of what is vouched for:

    {"kind", "owner", "number", "issuer", "issued_on", "valid_until", "content", "file"}

with the owner's number and the file's digest, members absent as null. Keys are read from
`schemas/record-issuers.json`: {"issuers": {name of the issuer: [public JWK, …]}}.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from gateway.domain.errors import RecordRefused
from gateway.domain.identifiers import IssuerAndKind, folded_issuer
from gateway.domain.json_texts import read_json, read_json_file
from gateway.records._contents import refuse
from gateway.records.codec import read_document, write_document
from gateway.records.record import Record

_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519", "ES256"])
Key = OKPKey | ECKey


@dataclass(frozen=True, slots=True)
class Issuers:
    """The issuers (cơ quan ban hành) whose signatures this deployment can check."""

    keys: Mapping[str, Sequence[Key]] = field(default_factory=dict, repr=False)

    def check(self, record: Record) -> None:
        """Raise RecordRefused unless a signature that came with the record is its issuer's own."""
        signature = record.digitisation.issuer_signature
        if signature is None:
            return
        keys = self.keys.get(folded_issuer(record.issuer), ())
        if not keys:
            refuse("issuer_unknown", "no key of this issuer is held", "issuer")
        if not any(_vouches(signature, key, vouched_for(record)) for key in keys):
            refuse("signature_refused", "not this issuer's, or of another record", _MEMBER)

    def vouch(self, record: Record) -> bool:
        """Whether a signature came with the record that is its issuer's own."""
        try:
            self.check(record)
        except RecordRefused:
            return False
        return record.digitisation.issuer_signature is not None


_MEMBER = "issuer_signature"


def is_posted_for(record: Record, vouches: Collection[IssuerAndKind]) -> bool:
    """Whether the tenant that posts a record was granted to do so in its issuer's name."""
    issuer = folded_issuer(record.issuer)
    return any(kind == record.kind and folded_issuer(name) == issuer for name, kind in vouches)


def vouched_for(record: Record) -> dict[str, object]:
    """The JSON members of a record that an issuer signs."""
    document = record.document()
    signed = ("kind", "number", "issuer", "issued_on", "valid_until", "content")
    return {
        **{name: document[name] for name in signed},
        "owner": record.owner.digits,
        "file": None if record.file is None else record.file["sha256"],
    }


def read_issuers(path: Path) -> Issuers:
    """Read the issuers' keys; none where there is no file. Raises ValueError for an unusable key."""
    if not path.exists():
        return Issuers()
    listed = read_json_file(path)["issuers"]
    try:
        return Issuers(
            {folded_issuer(name): [_key(jwk) for jwk in keys] for name, keys in listed.items()}
        )
    except (JoseError, KeyError) as error:
        raise ValueError(f"{path.name} holds a key that cannot be used") from error


def _key(jwk: dict[str, str | list[str]]) -> Key:
    return ECKey.import_key(jwk) if jwk["kty"] == "EC" else OKPKey.import_key(jwk)


def _vouches(signature: str, key: Key, expected: Mapping[str, object]) -> bool:
    try:
        signed = jws.deserialize_compact(signature, key, registry=_REGISTRY)
        said = read_json(signed.payload or b"", Decimal)
    except (JoseError, ValueError):
        return False
    return bool(said == read_document(write_document(expected)))
