"""The ids that this iGate gives the entries of its shared catalogues (ids ours).

iGate's selects carry 24 hexadecimal digits, the id of a catalogue's entry in its own database, never
the State's code. Here the id is worked out from the code, so that nobody keeps a table:
`python -m mocks.igate.catalogues SCHEMAS` writes what an export of `/ba/nation`, `/ba/place/--search`
and `/ba/ethnic/name/--limit` would give, and in `igate.json` the eForm that stands for each form.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mocks.igate.form import Form, read_form
from mocks.people.words import COMMUNES, ETHNIC_GROUPS, PROVINCES

NATIONS, PROVINCES_OF, COMMUNES_OF, ETHNICITIES = (
    "countries",
    "provinces",
    "communes",
    "ethnicities",
)
FILES = "igate-catalogues"
GENDERS = {"male": "1", "female": "0"}
_UNBOUND = ("", "")


def entry_id(catalogue: str, code: str) -> str:
    """The id of an entry: 24 hexadecimal digits."""
    return hashlib.sha256(f"igate {catalogue} {code}".encode()).hexdigest()[:24]


@cache
def code_of(catalogue: str) -> dict[str, str]:
    """The State's codes by id, of a catalogue whose entries the mock knows by itself."""
    codes: dict[str, Iterable[str]] = {
        PROVINCES_OF: PROVINCES,
        COMMUNES_OF: (commune.code for _, commune in COMMUNES),
        ETHNICITIES: ETHNIC_GROUPS,
    }
    return {entry_id(catalogue, code): code for code in codes[catalogue]}


def write_catalogues(schemas: Path) -> None:
    """Write every catalogue as `[id, code]` rows beside the gateway's configuration."""
    nations = json.loads((schemas / "catalogue" / "countries.json").read_bytes())["entries"]
    rows = {NATIONS: [(entry_id(NATIONS, code), code) for code, _ in nations]}
    for name in (PROVINCES_OF, COMMUNES_OF, ETHNICITIES):
        rows[name] = list(code_of(name).items())
    (schemas / FILES).mkdir(exist_ok=True)
    for name, entries in rows.items():
        lines = ",\n".join(json.dumps(entry) for entry in entries)
        about = "Mã trong danh mục của iGate mô phỏng (ids of the simulated iGate: ours)"
        text = f'{{"about": "{about}", "entries": [\n{lines}\n]}}\n'
        (schemas / FILES / f"{name}.json").write_text(text)


def write_eforms(schemas: Path) -> None:
    """Give every form an eForm in `igate.json`; gender is 1 or 0 there, whatever the form says."""
    path = schemas / "igate.json"
    configuration = json.loads(path.read_text())
    configuration["eforms"] = {
        entry_id("eform", form.code): {"form": form.code, **_genders(form)}
        for folder in sorted((schemas / "forms").iterdir())
        for form in [
            read_form(
                json.loads((folder / "form.json").read_bytes()),
                json.loads((folder / "bindings.json").read_bytes()),
            )
        ]
    }
    path.write_text(json.dumps(configuration, ensure_ascii=False, indent=1) + "\n")


def _genders(form: Form) -> dict[str, dict[str, dict[str, str]]]:
    named = {
        path: {theirs: ours for ours, theirs in GENDERS.items()}
        for path in form.bound
        if asks_gender(form, path)
    }
    return {"values": named} if named else {}


def asks_gender(form: Form, path: str) -> bool:
    """Whether a select asks for the sex in words that iGate has numbers for."""
    field = form.inputs.get(path)
    if field is None or field.type != "select" or form.bound.get(path, _UNBOUND)[1] != "person.sex":
        return False
    return GENDERS.keys() <= {value for value, _ in field.choices}


if __name__ == "__main__":
    write_eforms(Path(sys.argv[1]))
    write_catalogues(Path(sys.argv[1]))
