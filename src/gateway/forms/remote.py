"""What can a select choose that fetches its list: countries, business lines, banks?

Reads the whole lists of `schemas/catalogue/`, as options by their address below `/catalogue/`.
Lists that depend on another answer (communes, hospitals of a province) have no options here: a unit
carries its own code and label.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.forms.definition import Option


def read_remote_options(schemas: Path) -> Callable[[str], Sequence[Option]]:
    """Options by address; an address of a dependent list has none."""
    lists: dict[str, tuple[Option, ...]] = {}
    for path in sorted((schemas / "catalogue").glob("*.json")):
        entries = json.loads(path.read_bytes())["entries"]
        if isinstance(entries, list):
            options = tuple(Option(code, label) for code, label in entries)
            lists[f"/catalogue/{path.stem}"] = options
    return lambda address: lists.get(address, ())
