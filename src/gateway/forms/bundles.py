"""Linked declarations: the procedures that each serves, and the items that asking once saves.

A bundle (thủ tục liên thông, Decree 63/2024/NĐ-CP) is one form for several procedures. Its bindings
say for each of them, under `serves`, which items of that procedure's own declaration are answered
by which items of the bundle:

    {"procedure": code, "title": …, "form": registered form of that declaration, left out where none
     is, "ours": true where the procedure's code is our own, "items": {item: [items of the bundle]}}

A procedure without a registered declaration counts the items that are named here, no others.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from gateway.domain.errors import FieldProblem

BASE_CODE = 8
"""Characters of a procedure's code without the suffix of a unit, which stands for the same one."""


@dataclass(frozen=True, slots=True)
class Served:
    """One procedure that a bundle serves; `items` by item of its own declaration."""

    procedure: str
    title: str
    form: str | None
    ours: bool
    items: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Spared:
    """One procedure of a bundle, in official items.

    `alone` are asked by its own declaration; of the bundle `asked` serve it; `shared` of these
    serve another procedure of the bundle too.
    """

    served: Served
    alone: int
    asked: int
    shared: int


class ServedFile(BaseModel):
    """One entry of `serves` as a bindings file holds it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    procedure: str
    title: str
    form: str | None = None
    ours: bool = False
    items: dict[str, list[str]]

    def read(self) -> Served:
        """The same, frozen."""
        items = {item: tuple(answers) for item, answers in self.items.items()}
        return Served(self.procedure, self.title, self.form, self.ours, items)


def serving_problems(serves: Sequence[Served], items: Collection[str]) -> Iterator[FieldProblem]:
    """Items that the bundle does not have, and procedures that are named twice."""
    for place, served in enumerate(serves):
        answers = {answer for each in served.items.values() for answer in each}
        if not answers <= set(items):
            yield FieldProblem(f"serves[{place}].items", "no_such_item")
        if served.procedure in [other.procedure for other in serves[:place]]:
            yield FieldProblem(f"serves[{place}].procedure", "served_twice")


def spared_by(
    serves: Sequence[Served], items_of: Callable[[str], Collection[str]]
) -> tuple[Spared, ...]:
    """What each procedure asks alone, and within the bundle; `items_of` gives a form's items."""
    bundled = [{answer for each in s.items.values() for answer in each} for s in serves]
    rows = []
    for place, served in enumerate(serves):
        others = set().union(*bundled[:place], *bundled[place + 1 :])
        alone = len(served.items if served.form is None else items_of(served.form))
        asked = bundled[place]
        rows.append(Spared(served, alone, len(asked), len(asked & others)))
    return tuple(rows)
