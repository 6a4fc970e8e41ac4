"""Scopes: what a client is registered for, and what it asks a token for (RFC 6749, section 3.3).

A route names the one scope that opens it (`api/_routing.py`); a token without it is refused. A token
holds the scopes that were asked for, or all of its client's; one that the client has lost since opens
nothing.
"""

from typing import Literal, TypeAlias, get_args

from gateway.domain.errors import BadRequest

Scope: TypeAlias = Literal[
    "forms",
    "prefill",
    "submit",
    "corrections",
    "records.read",
    "records.write",
    "dossiers",
    "metrics",
    "usage",
    "batch",
]
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))
USUAL: frozenset[Scope] = SCOPES - {"usage", "batch"}
"""What a client has that names none: all but who looked at a citizen, and prefills by the thousand."""


def read_scopes(text: str) -> frozenset[Scope]:
    """Read scopes with one blank between; raises BadRequest `scope_unknown`."""
    named = text.split(" ")
    known = frozenset(scope for scope in SCOPES if scope in named)
    if len(known) != len(named):
        raise BadRequest("scope_unknown", f"a scope is one of {', '.join(sorted(SCOPES))}", "scope")
    return known


def write_scopes(scopes: frozenset[Scope]) -> str:
    """Write scopes in the order of their names, with a blank between."""
    return " ".join(sorted(scopes))
