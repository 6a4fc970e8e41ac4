"""Which repeating groups get rows, and how many?"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.identifiers import RoleName
from gateway.forms.fields import Decision, put_value, value_at
from gateway.forms.outlook import Outlook
from gateway.prefill.asking.knowledge import Unasked
from gateway.prefill.asking.people import People
from gateway.prefill.filling.desk import Desk

LARGEST_ROW_COUNT = 50


def new_rows(
    desk: Desk, outlook: Outlook, people: People, data: dict[str, Any]
) -> Iterator[tuple[str, RoleName, int | Unasked]]:
    """Each group to fill, its role, and its number of rows or who must be asked for them.

    A group of which the caller's data holds rows, or which this chain filled before, gets none; nor
    does one that does not show. One that the form itself begins with rows gets these, as a browser
    would place them. One with a sensitive column gets its rows once it is sure to be asked: what was
    withheld in a row could not come later, since nobody then knows whose row it is.
    """
    before = {path.partition("[")[0] for path in desk.earlier.filled if "[" in path}
    for group, role in desk.form.filled_groups.items():
        if group in before or value_at(desk.data, group) or desk.without & {group, f"{group}[]"}:
            continue
        decided = outlook.decided_of(group, data)
        if decided is Decision.HIDDEN:
            continue
        if rows := desk.form.definition.default_rows.get(group):
            yield group, role, min(len(rows), LARGEST_ROW_COUNT)
            continue
        if decided is Decision.OPEN and group in desk.form.sensitive_groups:
            continue
        behind = people.behind(role)
        if isinstance(behind, Unasked):
            yield group, role, behind
        elif isinstance(behind, tuple):
            yield group, role, min(len(behind), LARGEST_ROW_COUNT)


def with_rows(data: dict[str, Any], rows: Mapping[str, int]) -> dict[str, Any]:
    """The data with an empty row for each person of a repeating role."""
    for group, count in rows.items():
        if not value_at(data, group):
            put_value(data, group, [{} for _ in range(count)])
    return data
