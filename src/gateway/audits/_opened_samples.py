"""Check the disclosures of a sample, unit by unit.

They lie in a folder, one file `<leaf index>.json` per submission leaf, each an object with `evidence`,
`receipts`, `data`, `contested`, `entered_by` (`_disclosures.py`), for records also `papers`. A unit without an
answer has failed and stays in the count: no file (refused or lost), one that came after the deadline (by the
time at which the auditor's machine wrote it), or two for the same leaf, which are ambiguous. The registered
forms are those of the pack, by digest.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.audits._as_filed import Difference, Differs, check_as_filed, read_copies
from gateway.audits._disclosures import (
    DOUBLED,
    LATE,
    NOT_SUPPLIED,
    UNREADABLE,
    Disclosure,
    DisclosureError,
    check_field,
    read_disclosure,
    submission_of,
)
from gateway.audits._papers import check_paper
from gateway.domain.errors import BadRequest, FormRefused, NotFound
from gateway.forms import read_bindings
from gateway.forms.attributes import read_dictionary
from gateway.forms.catalogue import RegisteredForm, version_of
from gateway.forms.definition import read_countable
from gateway.log.entries import FormVersionLeaf, leaf_of
from gateway_verify.locations import Folder
from gateway_verify.sampling.draw import FIELDS, SUBMISSIONS
from gateway_verify.sampling.requests import Sample
from gateway_verify.sampling.units import Opened, Progress, Unit, leaves_of_chains

FILES = "files"
"""The folder of the digitised files, by their digests, within that of the disclosures."""

_LEAF = re.compile(r"0*([0-9]+)(?![0-9])")


@dataclass(frozen=True, slots=True)
class Supplied:
    """What province, sources, issuers, portal and citizens gave for a sample.

    `due` is the deadline for the disclosures, in seconds since 1970; `journal` holds per source the
    request numbers that it kept, `issued` per issuer the numbers of its papers; `filed` is the folder of the
    declarations as filed (`as_filed.py`).
    """

    openings: Path
    decode: Callable[[bytes], object]
    due: int | None = None
    journal: Mapping[str, Collection[str]] = field(default_factory=dict, repr=False)
    filed: Path = Path()
    issued: Mapping[str, Collection[str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """A drawn unit: the step that failed, or None.

    `outside` names the remote source that knows the read; `differs` are the differences to the filed dossier.
    """

    unit: Unit
    failed: str | None
    outside: str | None = None
    differs: tuple[Difference, ...] = ()


def check_all(pack: Path, sample: Sample, supplied: Supplied, progress: Progress) -> list[Result]:
    """Check the disclosure of every unit; raises NotFound `form_not_in_pack`."""
    last = max((unit.leaf.index for unit in sample.units), default=0)
    wanted = {submission_of(unit).chain for unit in sample.units}
    size = sample.proved.checkpoint.size
    chains = leaves_of_chains(Folder(pack), size, wanted, last, progress)
    stated = ((at, leaf_of(leaf)) for at, leaf in sample.proved.story.of_kind("form-version"))
    forms = _Forms(pack, {at: leaf for at, leaf in stated if isinstance(leaf, FormVersionLeaf)})
    files = _by_leaf(supplied.openings)
    results = []
    for done, unit in enumerate(sample.units, 1):
        behind = chains[submission_of(unit).chain]
        chain = [leaf for leaf in behind if leaf.index <= unit.leaf.index]
        mine = files.get(unit.leaf.index, [])
        results.append(_open(sample.frame, unit, chain, mine, forms.of(unit), supplied))
        progress(done, len(sample.units))
    return results


def _by_leaf(folder: Path) -> Mapping[int, list[Path]]:
    """The files of the folder by the leaf index that their names begin with."""
    found: dict[int, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        leaf = _LEAF.match(path.name)
        if leaf is not None and path.is_file():
            found.setdefault(int(leaf[1]), []).append(path)
    return found


def _open(
    frame: str,
    unit: Unit,
    chain: Collection[Opened],
    files: list[Path],
    form: RegisteredForm,
    supplied: Supplied,
) -> Result:
    try:
        opening = _read(files, supplied)
        if frame == FIELDS:
            journal = supplied.journal
            return Result(unit, None, check_field(unit, chain, opening, form, journal))
        if frame == SUBMISSIONS:
            leaf, decode = unit.leaf.index, supplied.decode
            check_as_filed(
                unit, chain, opening, form, lambda: read_copies(supplied.filed, leaf, decode)
            )
        else:
            behind = supplied.openings / FILES
            check_paper(unit, chain, opening, form, behind, supplied.issued)
        return Result(unit, None)
    except Differs as found:
        return Result(unit, found.step, None, found.paths)
    except DisclosureError as failed:
        return Result(unit, failed.step)


def _read(files: list[Path], supplied: Supplied) -> Disclosure:
    if not files:
        raise DisclosureError(NOT_SUPPLIED)
    if len(files) > 1:
        raise DisclosureError(DOUBLED)
    try:
        if supplied.due is not None and files[0].stat().st_mtime > supplied.due:
            raise DisclosureError(LATE)
        return read_disclosure(supplied.decode(files[0].read_bytes()))
    except OSError:
        raise DisclosureError(NOT_SUPPLIED) from None
    except BadRequest:
        raise DisclosureError(UNREADABLE) from None


class _Forms:
    """The registered versions that a pack holds."""

    def __init__(self, pack: Path, leaves: Mapping[int, FormVersionLeaf]) -> None:
        self._folder = pack / "forms"
        self._leaves = leaves
        self._read: dict[int, RegisteredForm] = {}

    def of(self, unit: Unit) -> RegisteredForm:
        """The version that a submission was counted by."""
        at = submission_of(unit).form_version
        if at not in self._read:
            self._read[at] = self._registered(self._leaves[at])
        return self._read[at]

    def _registered(self, leaf: FormVersionLeaf) -> RegisteredForm:
        digests = (leaf.form_digest, leaf.bindings_digest, leaf.dictionary_digest)
        form, bindings, dictionary = (
            self._folder / f"{digest.removeprefix('sha256:')}.json" for digest in digests
        )
        try:
            known, words = read_countable(form.read_bytes()), read_dictionary(dictionary)
            version = version_of(known, read_bindings(bindings.read_bytes(), known, words), words)
        except (OSError, FormRefused, ValueError):
            raise NotFound(
                "form_not_in_pack", f"no usable files of form version {leaf.form}", "forms"
            ) from None
        if version.version != leaf.version:
            raise NotFound(
                "form_not_in_pack", f"another engine or file of form {leaf.form}", "forms"
            )
        return version
