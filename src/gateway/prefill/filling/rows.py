"""Which repeating groups get rows, and how many?"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.identifiers import RoleName
from gateway.forms.fields import Decision, copy_of, instances_before_submission, put_value, value_at
from gateway.prefill.asking.knowledge import Unasked
from gateway.prefill.asking.people import People
from gateway.prefill.filling.desk import Desk

LARGEST_ROW_COUNT = 50


def new_rows(
    desk: Desk, people: People, data: Mapping[str, Any]
) -> Iterator[tuple[str, RoleName, int | Unasked]]:
    """Each group to fill, its role, and its number of rows or who must be asked for them.

    A group of which the caller's data holds rows, or which this chain filled before, gets none; nor
    does one that does not show. One that the form itself begins with rows gets these, as a browser
    would place them.
    """
    before = {path.partition("[")[0] for path in desk.earlier.filled if "[" in path}
    for group, role in desk.form.filled_groups.items():
        if group in before or value_at(desk.data, group) or not _is_asked(desk, group, data):
            continue
        if rows := desk.form.definition.default_rows.get(group):
            yield group, role, min(len(rows), LARGEST_ROW_COUNT)
            continue
        behind = people.behind(role)
        if isinstance(behind, Unasked):
            yield group, role, behind
        elif isinstance(behind, tuple):
            yield group, role, min(len(behind), LARGEST_ROW_COUNT)


def _is_asked(desk: Desk, group: str, data: Mapping[str, Any]) -> bool:
    """Whether a row of the group would hold a field to fill: try with one row."""
    if desk.without & {group, f"{group}[]"}:
        return False
    tried = copy_of(data)
    put_value(tried, group, [{}])
    return any(
        instance.template.path.startswith(f"{group}[].")
        and instance.decision is not Decision.HIDDEN
        for instance in instances_before_submission(desk.form.definition, tried)
    )
