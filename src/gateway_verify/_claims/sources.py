"""Which letters has each source in a log, and does a leaf name one that nobody declared?

Four sources have the same letters in every log. Every other one has those that the form versions declare
(`letters`): two, of that source alone, and the same wherever it is declared. What a form version names as
the source of a field, and a tally as the source of a sum, is one of the four or declared.
"""

from collections.abc import Iterable

from gateway_verify._count.forms import LETTERS
from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import Leaf

_OF_A_SOURCE = ("source", "read")


def check_letters(leaves: Iterable[tuple[int, Leaf]]) -> None:
    """Hold what is declared and named against each other; raises Refuted."""
    source_of = dict(LETTERS)
    letters_of = dict.fromkeys(LETTERS.values(), "")
    for index, leaf in leaves:
        if leaf["kind"] == "form-version":
            own = leaf.get("letters", ())
            for source, letter, young in own:
                _declare(source_of, letters_of, (source, letter, young), index)
            here = {*LETTERS.values(), *(source for source, _, _ in own)}
            if len(own) != len({source for source, _, _ in own}):
                raise Refuted(Kind.ENTRY, "form-version: it declares a source twice", index=index)
            _check_named({one for *_, sources in leaf["fields"] for one in sources}, here, index)
        elif leaf["kind"] == "tally":
            keys = (key.split("/") for key in leaf["sums"])
            named = {rest[0] for first, *rest in keys if first in _OF_A_SOURCE}
            _check_named(named, letters_of.keys(), index)


def _declare(
    source_of: dict[str, str], letters_of: dict[str, str], row: tuple[str, str, str], index: int
) -> None:
    source, letter, young = row
    if letters_of.setdefault(source, letter + young) != letter + young:
        says = f"form-version: the source {source} has other letters than `{letter}` and `{young}`"
        raise Refuted(Kind.ENTRY, says, index=index)
    for one in (letter, young):
        if source_of.setdefault(one, source) != source or letter == young:
            says = f"form-version: the letter `{one}` of {source} stands for something else already"
            raise Refuted(Kind.ENTRY, says, index=index)


def _check_named(named: Iterable[str], declared: Iterable[str], index: int) -> None:
    if unknown := sorted({*named} - {*declared}):
        says = f"no form version above it declares letters of the source {unknown[0]}"
        raise Refuted(Kind.ENTRY, says, index=index)
