"""Is a tenant what its first grant leaf says, an ordinary or a test tenant, for ever?

A `grant` leaf of version 2 names where its tenant was first granted anything: `first` is null in that leaf
itself, else log and index of it. A tenant has one such place, and every later leaf of it, of whichever
version, bears the mark that the first one bears. A leaf of another log can only be named by a log that
follows one; `check_carried` holds the two against each other.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import Leaf

Grants = Iterable[tuple[int, Leaf]]


def check_marks(grants: Grants, origin: str, previous: str | None) -> None:
    """Raise Refuted at the first grant that says otherwise than an earlier one of its tenant."""
    firsts: dict[str, tuple[int, Leaf, Mapping[str, Any]]] = {}
    for index, leaf in grants:
        known = firsts.get(leaf["tenant"])
        said = leaf.get("first")
        if known is None:
            _check_first(index, said, origin, previous)
            place = said or {"log": origin, "leaf": index}
            firsts[leaf["tenant"]] = index, leaf, place
            continue
        if leaf["is_test"] != known[1]["is_test"]:
            says = "it changes whether its tenant is a test tenant"
            raise Refuted(Kind.ORDER, says, index=index)
        if leaf["v"] > 1 and said != known[2]:
            says = "it does not name where its tenant was first granted anything"
            raise Refuted(Kind.ORDER, says, index=index)


def _check_first(
    index: int, said: Mapping[str, Any] | None, origin: str, previous: str | None
) -> None:
    if said is not None and (previous is None or said["log"] == origin):
        says = "it names an earlier grant of its tenant, and there is none"
        raise Refuted(Kind.ORDER, says, index=index)


def check_carried(before: Grants, after: Grants, origin: str, later: str) -> None:
    """Hold the grants of the log `later` against those of the log `origin` before it; raises Refuted.

    Each log repeats every tenant of the one before, so a place in any earlier log is one of a tenant of that.
    """
    known: dict[str, tuple[bool, Mapping[str, Any]]] = {}
    for index, leaf in before:
        place = leaf.get("first") or {"log": origin, "leaf": index}
        known.setdefault(leaf["tenant"], (leaf["is_test"], place))
    for index, leaf in after:
        if leaf["tenant"] not in known:
            if leaf.get("first") and leaf["first"]["log"] != later:
                says = "it names a grant of its tenant in a log before, and there is none"
                raise Refuted(Kind.ORDER, says, index=index)
            continue
        is_test, place = known[leaf["tenant"]]
        named = leaf["v"] == 1 or leaf["first"] == place
        if leaf["is_test"] != is_test or not named:
            says = "the mark of a tenant of the log before is not repeated as it stands there"
            raise Refuted(Kind.ORDER, says, index=index)
