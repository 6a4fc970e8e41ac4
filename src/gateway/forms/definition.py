"""A Form.io definition, parsed once and ready to be evaluated many times."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain.errors import FieldProblem, FormProblem, FormRefused
from gateway.forms._reading.boxes import join_boxes
from gateway.forms._reading.computed import leave_out_computed
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms._reading.refusals import loops_of, problems_of
from gateway.forms._reading.templates import FieldTemplate, Option
from gateway.forms._reading.tree import Kind, Node, grow
from gateway.forms._reading.uncounted import Uncounted, uncounted_of
from gateway.forms._showing.conditions import compile_conditions

__all__ = [
    "FieldTemplate",
    "FormDefinition",
    "Option",
    "definition_of",
    "read_countable",
    "read_definition",
]


_MOST_BYTES, _LEAST_BYTES = 64 * 1024 - 1_024, len('["","",0,null,null,[]],')
"""Room for the fields in a form-version leaf, and what a field without item or fact takes in it."""


@dataclass(frozen=True, eq=False)
class FormDefinition:
    """An electronic form (biểu mẫu điện tử) as registered.

    `digest` is `sha256:` and the hexadecimal digest of `raw`. `fields` are all declarable places in
    form order, file components included; addressee lines stand apart in `addressees`, since they
    are not counted. `uncounted` names every input that no figure counts. `groups` are the template
    paths of the repeating groups, `default_rows` the rows with which the form itself begins a group
    that stands in no other, `shared` the paths at which several check boxes make one field.
    """

    raw: bytes = field(repr=False)
    digest: str
    title: str
    fields: tuple[FieldTemplate, ...] = field(repr=False)
    groups: tuple[str, ...]
    default_rows: Mapping[str, Sequence[Mapping[str, object]]] = field(repr=False)
    addressees: tuple[FieldTemplate, ...] = field(repr=False)
    uncounted: tuple[Uncounted, ...] = field(repr=False)
    shared: frozenset[str]
    roots: tuple[Node, ...] = field(repr=False)
    steering: frozenset[str] = field(repr=False)
    _by_path: Mapping[str, FieldTemplate] = field(repr=False)

    def field(self, path: str) -> FieldTemplate:
        """The declarable place at a template path; raises KeyError if there is none."""
        return self._by_path[path]


def read_definition(raw: bytes) -> FormDefinition:
    """Read a form's bytes; raises FormRefused with every place that cannot be counted honestly."""
    return definition_of(decode_strictly(raw), raw)


def read_countable(raw: bytes) -> FormDefinition:
    """Read a form that is to be registered; raises FormRefused as `read_definition`, for loops too.

    A loop of conditions can be evaluated, as Form.io's core does; but what it asks depends on the
    order in which it is answered, and no count can rest on that.
    """
    form = read_definition(raw)
    if loops := loops_of([node for root in form.roots for node in root.walk()]):
        raise FormRefused(tuple(loops))
    return form


def definition_of(document: object, raw: bytes) -> FormDefinition:
    """The form in an already decoded document; raises FormRefused as `read_definition` does."""
    if not isinstance(document, dict) or not isinstance(document.get("components"), list):
        raise FormRefused((_no_form(document),))
    problems: list[FieldProblem] = []
    roots = tuple(grow(document["components"], problems))
    nodes = [node for root in roots for node in root.walk()]
    leave_out_computed(nodes)
    shared = join_boxes(nodes)
    problems += problems_of(nodes, shared)
    if problems:
        raise FormRefused(tuple(problems))
    compile_conditions(nodes)
    declared = [*dict.fromkeys(template for node in nodes for template in node.templates)]
    if _too_large(declared):
        raise FormRefused((FieldProblem("", "too_large"),))
    fields = tuple(template for template in declared if not template.addressee)
    title = document.get("title")
    return FormDefinition(
        raw=raw,
        digest="sha256:" + hashlib.sha256(raw).hexdigest(),
        title=title if isinstance(title, str) else "",
        fields=fields,
        groups=tuple(node.path for node in nodes if node.kind is Kind.GROUP),
        default_rows={node.path: rows for node in nodes if (rows := _default_rows(node))},
        addressees=tuple(template for template in declared if template.addressee),
        uncounted=tuple(uncounted_of(nodes, shared)),
        shared=shared,
        roots=roots,
        steering=_steering(nodes),
        _by_path={template.path: template for template in fields},
    )


def _no_form(document: object) -> FieldProblem:
    """The problem of a document that is no form: a project export, whose forms are named, or other."""
    names = forms_in(document)
    return (
        FormProblem("", "several_forms", about=", ".join(names))
        if names
        else FieldProblem("", "not_a_form")
    )


def forms_in(document: object) -> tuple[str, ...]:
    """The names of the forms in a project export of Form.io; none in anything else."""
    forms = document.get("forms") if isinstance(document, dict) else None
    return tuple(name for name in forms if name) if isinstance(forms, dict) else ()


def _too_large(declared: Sequence[FieldTemplate]) -> bool:
    least = sum(
        len(template.path.encode()) + len(template.type) + _LEAST_BYTES for template in declared
    )
    return least > _MOST_BYTES


def _default_rows(node: Node) -> Sequence[Mapping[str, object]]:
    """The rows of a group's own default value; none where it is no list of rows."""
    rows = node.component.get("defaultValue")
    if node.kind is not Kind.GROUP or node.groups or not isinstance(rows, list):
        return ()
    return rows if all(isinstance(row, dict) and row for row in rows) else ()


def _steering(nodes: Sequence[Node]) -> frozenset[str]:
    """Where the values stand that decide what shows."""
    read = (t for node in nodes for t in node.triggers)
    return frozenset((t.node.path if t.node else t.path).partition("[]")[0] for t in read)
