"""The lists that remote selects of forms offer: provinces, communes, countries, business lines and others.

Read once from `schemas/units.json` and `schemas/catalogue/*.json` and written once: an answer of
`/catalogue/…` is a JSON list of `{"label", "value"}`, ready as bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.api._http import encode
from gateway.domain.errors import NotFound
from gateway.domain.json_texts import read_json_file


@dataclass(frozen=True, slots=True)
class Options:
    """Every list that a form may fetch, by name; those of a province by name and its code."""

    lists: dict[str, bytes]
    by_province: dict[str, dict[str, bytes]]

    def of(self, name: str) -> bytes:
        """One whole list."""
        return self.lists[name]

    def of_province(self, name: str, province: str) -> bytes:
        """One province's list; empty while none is chosen, NotFound for an unknown code."""
        if not province:
            return b"[]"
        try:
            return self.by_province[name][province]
        except KeyError:
            raise NotFound("unknown_province", "no province has this code", "province") from None


def read_options(schemas: Path) -> Options:
    """Read every list that is there."""
    provinces = read_json_file(schemas / "units.json")["provinces"]
    lists = {"provinces": _written((one["code"], one["name"]) for one in provinces)}
    by_province = {"communes": {one["code"]: _written(one["communes"]) for one in provinces}}
    for path in sorted((schemas / "catalogue").glob("*.json")):
        entries = read_json_file(path)["entries"]
        if isinstance(entries, dict):
            by_province[path.stem] = {code: _written(some) for code, some in entries.items()}
        else:
            lists[path.stem] = _written(entries)
    return Options(lists, by_province)


def read_bindings_files(schemas: Path) -> dict[str, dict[str, object]]:
    """Every form's bindings as their file says it, by form."""
    files = [read_json_file(p) for p in (schemas / "forms").glob("*/bindings.json")]
    return {one["form"]: one for one in files}


def _written(entries: Iterable[tuple[str, str]]) -> bytes:
    return encode([{"label": label, "value": code} for code, label in entries])
