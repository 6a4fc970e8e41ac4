"""Which tables hold what the national portal knows, and what it is still to be told?

What it is to be told is sealed under a key of its own. Dossiers have their codes in clear here,
beside what an authority keeps of a case that names nobody: dates, unit, state.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from gateway.storage.schema import metadata

# `sealed` is what the portal is told, kept until it has the last of it; `added` says what came to it
# last; `case_tag` leads here from a case, by a keyed digest; `components` names files by id and digest,
# `told` says which flags the portal was told by which leaves
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

# dossiers that a ministry's adapter has, by the id that it gave, and the state that it was told
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
