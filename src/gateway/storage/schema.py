"""The tables of the database, and what their columns may hold.

No column holds a value of a prefill that the gateway could read by itself: `bodies` hold counts
and letters, `records` name what lies sealed in the vault (`vault_schema.py`), `replays.answer` is sealed under a key that the
caller holds. People appear as keyed digests (blind indices) only, and so do dossiers wherever a case
is named. What the national portal is still to be sent is sealed under a key of its own; dossiers have
their codes in clear, beside what an authority keeps of a case that names nobody: dates, unit, state.

A change here needs a script in `_migrations/versions` and a new `REVISION`; a test compares them.
"""

from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
)

REVISION = "0005"
"""The newest revision in `_migrations/versions`, which creates exactly these tables."""

metadata = MetaData()


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one database, the newest revision of them, and the table by which it is known.

    `scripts` names the folder beside this file that leads older revisions there.
    """

    tables: MetaData
    revision: str
    known_by: str
    scripts: str


MAIN = Schema(metadata, REVISION, "leaves", "_migrations")
"""The database of a deployment; the vault's is in `vault_schema.py`."""

tenants = Table(
    "tenants",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("agency", String, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("grant_json", String, nullable=False),
    Column("grant_leaf", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
)

# a hardened client has no secret: both columns are empty. `scopes` have blanks between; null are
# the usual ones
clients = Table(
    "clients",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("revoked_at", Integer),
    Column("hardened", Boolean, nullable=False, server_default=false()),
    Column("must_sign", Boolean, nullable=False, server_default=false()),
    Column("scopes", String),
)

# the public keys of clients; `kid` is the thumbprint (RFC 7638), `jwk` the key as JSON
client_keys = Table(
    "client_keys",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("kid", String, primary_key=True),
    Column("jwk", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("revoked_at", Integer),
)

# what clients have proved themselves by, each good for once: digests of client and `jti` or nonce
used_proofs = Table(
    "used_proofs",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", Integer, nullable=False, index=True),
)

form_versions = Table(
    "form_versions",
    metadata,
    Column("version", String, primary_key=True),
    Column("form", String, nullable=False, index=True),
    Column("leaf", Integer, nullable=False),
    Column("series", String, nullable=False),
    Column("registered_at", Integer, nullable=False),
)

# the sources that the deployment reads, as its last start found them
connected_sources = Table("connected_sources", metadata, Column("source", String, primary_key=True))

# the grant leaves of the running log; `connected` is the JSON list that the leaf states
grant_leaves = Table(
    "grant_leaves",
    metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("tenant", String, nullable=False, index=True),
    Column("connected", String, nullable=False),
)

# where each tenant was first granted anything, and whether as a test tenant: for ever
tenant_marks = Table(
    "tenant_marks",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("is_test", Boolean, nullable=False),
    Column("origin", String, nullable=False),
    Column("leaf", Integer, nullable=False),
)

# the items that a procedure and official declaration began with: for ever. `stated_in` is the log
# whose leaves say so last, `procedure` empty for a form without any
baselines = Table(
    "baselines",
    metadata,
    Column("procedure", String, primary_key=True),
    Column("declaration", String, primary_key=True),
    Column("origin", String, nullable=False),
    Column("leaf", Integer, nullable=False),
    Column("items_json", String, nullable=False),
    Column("stated_in", String, nullable=False),
)

metric_definitions = Table(
    "metric_definitions",
    metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

leaves = Table(
    "leaves",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False, index=True),
)

log_keys = Table(
    "log_keys",
    metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("vkey", String, nullable=False),
)

# when witnesses saw the log at a size, by the earliest and the latest of them, in seconds since 1970
witnessed_times = Table(
    "witnessed_times",
    metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("earliest", Integer, nullable=False),
    Column("latest", Integer, nullable=False),
)

bodies = Table(
    "bodies",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("tenant", String, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("case_ref", String),
    Column("salt", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("bodies_case", "case_ref", "idx"),
)

# a month that was closed; `document` and `jws` come once its tallies are in the log
month_closes = Table(
    "month_closes",
    metadata,
    Column("origin", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("first_tally", Integer, nullable=False),
    Column("last_tally", Integer, nullable=False),
    Column("document", LargeBinary),
    Column("jws", String),
)

auditors = Table(
    "auditors",
    metadata,
    Column("vkey", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("recipient", String, nullable=False),
    Column("ended_at", Integer),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("month", String, nullable=False),
)


def _closed(table: Table) -> Table:
    """The rows of a table that belong to logs which were closed, by the name of the log."""
    columns = (Column(c.name, c.type, primary_key=c.primary_key, index=c.index) for c in table.c)
    origin = Column("origin", String, primary_key=True)
    return Table(f"closed_{table.name}", metadata, origin, *columns)


closed_leaves, closed_bodies = _closed(leaves), _closed(bodies)

cases = Table(
    "cases",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("dossier_index", LargeBinary, primary_key=True),
    Column("case_ref", String, nullable=False),
    Column("opened_at", Integer, nullable=False),
)

# whom a case concerns: the applicant, and everybody of whom something was asked or filled
case_persons = Table(
    "case_persons",
    metadata,
    Column("person_index", LargeBinary, primary_key=True),
    Column("case_ref", String, primary_key=True),
    Column("applicant", Boolean, nullable=False),
    Index("case_persons_case", "case_ref"),
)

# whom applicants typed today without a tie, by keyed digests; rows of other days are deleted
typed_persons = Table(
    "typed_persons",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("applicant", LargeBinary, primary_key=True),
    Column("person", LargeBinary, primary_key=True),
)

# how many reads officers of a tenant have made today, by keyed digests; rows of other days are deleted.
# `alarms` has bit 1 where the quota was reached, bit 2 where others read far less
officer_reads = Table(
    "officer_reads",
    metadata,
    Column("day", Integer, nullable=False),
    Column("tenant", String, primary_key=True),
    Column("officer", LargeBinary, primary_key=True),
    Column("reads", Integer, nullable=False),
    Column("alarms", Integer, nullable=False),
)

chains = Table(
    "chains",
    metadata,
    Column("chain", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("case_ref", String, nullable=False),
    Column("version", String, nullable=False),
    Column("state", String, nullable=False),
    Column("wrapped_key", LargeBinary),
    Column("first_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("submission_leaf", Integer),
    Column("content_salt", LargeBinary),
    Column("applicant", LargeBinary),
    Index("chains_open", "state", "expires_at"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("jti", String, primary_key=True),
    Column("chain", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("leaf", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)

# the leaves of a chain beside its prefills, whose leaves stand with their receipts
chain_leaves = Table(
    "chain_leaves",
    metadata,
    Column("chain", String, primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
)

refused_fields = Table(
    "refused_fields",
    metadata,
    Column("chain", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("times", Integer, nullable=False),
)

# how many submissions of this hour have something in common: a digest of their timing, or a person's
# blind index
submission_pace = Table(
    "submission_pace",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("of", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
)

# `sealed` is the citizen's value under a key of its own, null once the ticket has ended
correction_tickets = Table(
    "correction_tickets",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("case_ref", String, nullable=False),
    Column("submission", Integer, nullable=False, index=True),
    Column("leaf", Integer, nullable=False),
    Column("path", String, nullable=False),
    Column("role", String, nullable=False),
    Column("attribute", String, nullable=False),
    Column("source", String, nullable=False),
    Column("why", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Integer, nullable=False),
    Column("changed_at", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Index("correction_tickets_due", "state", "opened_at"),
    Index("correction_tickets_tenant", "tenant", "state"),
)

replays = Table(
    "replays",
    metadata,
    Column("key_mac", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("created_at", Integer, nullable=False, index=True),
    Column("status", Integer),
    Column("answer", LargeBinary),
)

# `identity` and `edition` name the content in the vault; `reason` says why a record was revoked
records = Table(
    "records",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("owner_index", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("identity", LargeBinary, nullable=False),
    Column("edition", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("stored_at", Integer, nullable=False),
    UniqueConstraint("tenant", "identity"),
    Index("records_owner", "tenant", "owner_index"),
)

# contents of the vault that a change has stopped naming; the sweep erases them there
dropped_contents = Table(
    "dropped_contents",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("identity", LargeBinary, primary_key=True),
    Column("edition", LargeBinary, primary_key=True),
)

# `sealed` is what the portal is sent, kept until it has the last of it; `added` says what came to it
# last; `case_tag` leads here from a case, by a keyed digest; `components` names files by id and digest,
# `told` says which flags the portal was sent by which leaves
dossiers = Table(
    "dossiers",
    metadata,
    Column("code", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("procedure", String, nullable=False),
    Column("form", String),
    Column("channel", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("registered_at", Integer, nullable=False),
    Column("submitted_at", Integer, nullable=False),
    Column("received_at", Integer),
    Column("due_at", Integer, nullable=False),
    Column("ended_at", Integer),
    Column("first_state", Integer, nullable=False),
    Column("stated", Integer, nullable=False),
    Column("components", String, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("added", LargeBinary),
    Column("case_tag", LargeBinary),
    Column("version", Integer, nullable=False),
    Column("told_version", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("sync", String, nullable=False),
    Column("reason", String),
    Column("refusals", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Integer, nullable=False),
    Column("in_doubt", Boolean, nullable=False),
    Column("portal_state", Integer),
    Column("told", String),
    Column("confirmed_leaf", Integer),
    Index("dossiers_due", "sync", "next_at"),
    Index("dossiers_of_case", "case_tag"),
)

# dossiers that a ministry's adapter has, by the id that it gave, and the state that it was sent
ministry_dossiers = Table(
    "ministry_dossiers",
    metadata,
    Column("code", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("state", Integer, nullable=False),
)

# up to which leaf the log was searched for more to tell the portal
leaves_followed = Table(
    "leaves_followed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("leaf", Integer, nullable=False),
)

dossier_steps = Table(
    "dossier_steps",
    metadata,
    Column("code", String, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
)

# a linked declaration that went to the portal as several dossiers; both leaves speak of the whole of
# it; `items` are those of its own items that serve a part, as a JSON list
bundles = Table(
    "bundles",
    metadata,
    Column("code", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("procedure", String, nullable=False),
    Column("form", String),
    Column("registered_at", Integer, nullable=False),
    Column("confirmed_leaf", Integer),
    Column("withdrawn_leaf", Integer),
)

bundle_parts = Table(
    "bundle_parts",
    metadata,
    Column("code", String, primary_key=True),
    Column("bundle", String, nullable=False),
    Column("procedure", String, nullable=False),
    Column("items", String, nullable=False),
    UniqueConstraint("bundle", "procedure"),
)

portal_procedures = Table(
    "portal_procedures",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("sector", String, nullable=False),
    Column("sector_name", String, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("for_citizens", Boolean, nullable=False),
    Column("has_result", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("read_at", Integer, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("change", String, nullable=False),
    Column("changed_at", Integer, nullable=False),
)
