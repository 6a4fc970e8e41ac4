"""Name the inputs of a form that no figure counts, and why.

Every input component is counted or stands in this list, buttons aside:

================  =============================================================================
addressee         the line *Kính gửi*
attachment        a file: counted apart, among the attachments
captcha           asks for nothing about anybody
computed          worked out by the form (`computed.py`)
hidden            of type `hidden`, or hidden by a flag or a constant condition of its own or of a
                  component around it
not_submitted     `persistent` keeps its value out of the submission; it counts, but as empty
nothing_asked     a survey without questions
================  =============================================================================
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.forms._reading.templates import property_of
from gateway.forms._reading.tree import Kind, Node

_CAPTCHAS = frozenset({"captcha", "recaptcha"})


@dataclass(frozen=True, slots=True)
class Uncounted:
    """An input that is not counted: its template path, its component type, and the reason."""

    path: str
    type: str
    reason: str


def uncounted_of(nodes: Sequence[Node], shared: frozenset[str]) -> Iterator[Uncounted]:
    """The uncounted inputs in form order; the conditions are compiled before.

    A field of several check boxes, at a `shared` path, is counted when one of them is.
    """
    boxes = [node for node in nodes if node.path in shared]
    counted = {node.path for node in boxes if _reason(node) is None}
    seen: set[str] = set()
    for node in nodes:
        if node.path in counted or node.path in seen & shared:
            continue
        if node.kind is Kind.INPUT and node.type != "button" and (why := _reason(node)):
            seen.add(node.path)
            yield Uncounted(node.path, node.type, why)


def _reason(node: Node) -> str | None:
    if node.type in _CAPTCHAS:
        return "captcha"
    if _never_shows(node):
        return "hidden"
    if node.computed:
        return "computed"
    if not node.templates:
        return "nothing_asked"
    if property_of(node.component, "addressee"):
        return "addressee"
    if node.type == "file":
        return "attachment"
    return None if node.component.get("persistent", True) in (True, "server") else "not_submitted"


def _never_shows(node: Node) -> bool:
    place: Node | None = node
    while place is not None:
        if place.hidden or place.type == "hidden" or _is_constantly_hidden(place):
            return True
        place = place.parent
    return False


def _is_constantly_hidden(node: Node) -> bool:
    """Whether a condition that reads nothing hides a component."""
    return node.shows is not None and not node.triggers and not node.shows({}, {}, ())
