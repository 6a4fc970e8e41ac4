"""What became of every field that a sample asked for?

The openings lie in a folder, one file `<leaf index>.json` per submission leaf, each an object with
`evidence`, `receipts`, `data`, `contested`, `entered_by` (`openings.py`). A file that is not there is
an opening refused, lost or late, and wrong. The registered forms are those of the pack, by digest.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.errors import BadRequest, FormRefused, NotFound
from gateway.forms.attributes import read_dictionary
from gateway.forms.catalogue import RegisteredForm, version_of
from gateway.forms.definition import read_countable
from gateway.forms.reading.bindings import read_bindings
from gateway.log.verify.sampling.requests import Sample
from gateway.log.verify.sampling.units import Opened, Progress, Unit, leaves_of_chains
from gateway.log.verify.tree.places import Folder
from gateway.submission.openings import (
    NOT_SUPPLIED,
    UNREADABLE,
    Opening,
    Wrong,
    check_opening,
    read_opening,
)


@dataclass(frozen=True, slots=True)
class Result:
    """A drawn field: the step that failed, or None; `outside` names the register that knows the read."""

    unit: Unit
    failed: str | None
    outside: str | None = None


def open_all(
    pack: Path,
    sample: Sample,
    openings: Path,
    journal: Mapping[str, Collection[str]],
    decode: Callable[[bytes], Any],
    progress: Progress,
) -> list[Result]:
    """Check the opening of every unit; raises NotFound `form_not_in_pack`."""
    last = max((unit.leaf.index for unit in sample.units), default=0)
    wanted = {unit.leaf.body["chain"] for unit in sample.units}
    size = sample.proved.checkpoint.size
    chains = leaves_of_chains(Folder(pack), size, wanted, last, progress)
    forms = _Forms(pack, dict(sample.proved.story.of_kind("form-version")))
    results = []
    for done, unit in enumerate(sample.units, 1):
        chain = [leaf for leaf in chains[unit.leaf.body["chain"]] if leaf.index <= unit.leaf.index]
        results.append(_open(unit, chain, openings, forms.of(unit), journal, decode))
        progress(done, len(sample.units))
    return results


def _open(
    unit: Unit,
    chain: Collection[Opened],
    openings: Path,
    form: RegisteredForm,
    journal: Mapping[str, Collection[str]],
    decode: Callable[[bytes], Any],
) -> Result:
    try:
        opening = _read(openings / f"{unit.leaf.index}.json", decode)
        return Result(unit, None, check_opening(unit, chain, opening, form, journal))
    except Wrong as wrong:
        return Result(unit, wrong.step)


def _read(path: Path, decode: Callable[[bytes], Any]) -> Opening:
    try:
        return read_opening(decode(path.read_bytes()))
    except OSError:
        raise Wrong(NOT_SUPPLIED) from None
    except BadRequest:
        raise Wrong(UNREADABLE) from None


class _Forms:
    """The registered versions that a pack holds."""

    def __init__(self, pack: Path, leaves: Mapping[int, Mapping[str, Any]]) -> None:
        self._folder = pack / "forms"
        self._leaves = leaves
        self._read: dict[int, RegisteredForm] = {}

    def of(self, unit: Unit) -> RegisteredForm:
        """The version that a submission was counted by."""
        at = unit.leaf.body["fv"]
        if at not in self._read:
            self._read[at] = self._registered(self._leaves[at])
        return self._read[at]

    def _registered(self, leaf: Mapping[str, Any]) -> RegisteredForm:
        names = ("form_digest", "bindings_digest", "dictionary_digest")
        form, bindings, dictionary = (
            self._folder / f"{leaf[name].removeprefix('sha256:')}.json" for name in names
        )
        try:
            known, words = read_countable(form.read_bytes()), read_dictionary(dictionary)
            version = version_of(known, read_bindings(bindings.read_bytes(), known, words), words)
        except (OSError, FormRefused, ValueError):
            raise NotFound(
                "form_not_in_pack", f"no usable files of form version {leaf['form']}", "forms"
            ) from None
        if version.version != leaf["version"]:
            raise NotFound(
                "form_not_in_pack", f"another engine or file of form {leaf['form']}", "forms"
            )
        return version
