"""The items that a procedure's official declaration began with, and where the log says so.

The baseline of a procedure and official declaration is what its first registered form version asks,
with the items of the declaration that it leaves out. It is kept for ever: another form of the same
declaration inherits it, and the first form-version leaf of it in a new log repeats it, naming log and
leaf of origin (`RepeatedBaseline`). A leaf without an entry for one of its procedures
either begins the baseline itself or stands behind a leaf that states it.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from gateway.forms.bundles import BASE_CODE
from gateway.forms.catalogue import RegisteredForm
from gateway.log.entries import BaselineItem, FormVersionLeaf, RepeatedBaseline, decode_leaf
from gateway.log.keys import log_name
from gateway.storage.schema import baselines, form_versions, leaves


def procedures_of(form: RegisteredForm) -> Sequence[str]:
    """The base codes of a form's procedures, or one that is empty where it has none."""
    return list(dict.fromkeys(code[:BASE_CODE] for code in form.bindings.procedures)) or [""]


def inherited(connection: Connection, form: RegisteredForm) -> list[RepeatedBaseline]:
    """What the leaf of a new version must repeat; what it repeats is noted as stated in this log."""
    origin = log_name(connection)
    repeated: list[RepeatedBaseline] = []
    for procedure in procedures_of(form):
        mine = (baselines.c.procedure == procedure) & (
            baselines.c.declaration == form.bindings.declaration
        )
        known = connection.execute(select(baselines).where(mine)).first()
        if known is None:
            known = _of_the_first_edition(connection, form, procedure, origin)
        elif known.stated_in == origin:
            continue
        if known is not None:
            connection.execute(update(baselines).where(mine).values(stated_in=origin))
            items = tuple(BaselineItem(*one) for one in json.loads(known.items_json))
            repeated.append(RepeatedBaseline(procedure or None, known.origin, known.leaf, items))
    return repeated


def begin(connection: Connection, form: RegisteredForm, leaf: FormVersionLeaf, at: int) -> None:
    """Note a new version's items as the baseline of each procedure that has none yet."""
    for procedure in procedures_of(form):
        _keep(connection, form, procedure, log_name(connection), at, items_of(leaf))


def items_of(leaf: FormVersionLeaf) -> list[BaselineItem]:
    """The items of a form version: required where a required field that may show asks it."""
    never = {one.path for one in leaf.uncounted if one.reason == "hidden"}
    required: dict[str, int] = dict.fromkeys(leaf.absent_items, 0)
    for path, _, needed, item, *_ in leaf.fields:
        if item is not None:
            required[item] = max(needed if path not in never else 0, required.get(item, 0))
    return [BaselineItem(item, required[item]) for item in sorted(required)]


def _of_the_first_edition(
    connection: Connection, form: RegisteredForm, procedure: str, origin: str
) -> Any:
    """The baseline that a leaf of version 1 began, which names no declaration."""
    of_form = (
        select(leaves.c.idx, leaves.c.entry)
        .join(form_versions, form_versions.c.leaf == leaves.c.idx)
        .where(form_versions.c.form == form.code)
        .order_by(leaves.c.idx)
        .limit(1)
    )
    first = connection.execute(of_form).first()
    if first is None:
        return None
    leaf = decode_leaf(first.entry)
    if not isinstance(leaf, FormVersionLeaf) or leaf.v != 1:
        return None
    _keep(connection, form, procedure, origin, first.idx, items_of(leaf))
    mine = (baselines.c.procedure == procedure) & (
        baselines.c.declaration == form.bindings.declaration
    )
    return connection.execute(select(baselines).where(mine)).one()


def _keep(
    connection: Connection,
    form: RegisteredForm,
    procedure: str,
    origin: str,
    leaf: int,
    items: Sequence[BaselineItem],
) -> None:
    declaration = form.bindings.declaration
    mine = (baselines.c.procedure == procedure) & (baselines.c.declaration == declaration)
    if connection.execute(select(baselines.c.leaf).where(mine)).first() is not None:
        return
    row = {
        "procedure": procedure,
        "declaration": declaration,
        "origin": origin,
        "leaf": leaf,
        "items_json": json.dumps(items),
        "stated_in": origin,
    }
    connection.execute(insert(baselines), row)
