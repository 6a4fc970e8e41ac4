"""Compare a submission to the gateway with the dossier as it was filed.

The gateway counts what it is given: a field stripped from `data` before the submission is in no count. So a
drawn submission is compared with the declaration as it was filed, from the copy that the portal or the
citizen holds, never from one of the province. The auditor puts what each of them gave into a folder of its
own, `portal/<leaf index>.json` and `citizen/<leaf index>.json`: the declaration's data, in the form's shape.
After the steps of every disclosure, classes and verdicts of all fields are those of the leaf, and

    filed      at least one of the two gave a copy, and each copy can be read
    as_filed   every copy shows the same as was submitted, field by field

Compared is the visible content that the leaf commits to: path and canonical text of every visible field that
is not empty, files by their digests. A difference is a path and its kind, never a value: `stripped` filed
and not submitted, `added` submitted and not filed, `changed`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from gateway.audits._disclosures import Disclosure, DisclosureError, check_disclosure, submission_of
from gateway.domain.errors import GatewayError
from gateway.forms.catalogue import RegisteredForm
from gateway.judging.judge import visible_content
from gateway.judging.locked import with_switches
from gateway.judging.opened import OpenedReceipt
from gateway_verify.sampling.units import Opened, Unit

HOLDERS = ("portal", "citizen")
STRIPPED: Literal["stripped"] = "stripped"
ADDED: Literal["added"] = "added"
CHANGED: Literal["changed"] = "changed"
DIFFERENCES = (STRIPPED, ADDED, CHANGED)

Difference: TypeAlias = tuple[str, str]
"""A field's path, and the kind of difference, one of DIFFERENCES."""


class Differs(DisclosureError):
    """A submission is not the dossier as filed; `paths` are its differences."""

    def __init__(self, paths: tuple[Difference, ...]) -> None:
        super().__init__("as_filed")
        self.paths = paths


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one declaration, by who holds it."""

    by_holder: Mapping[str, Mapping[str, object]] = field(repr=False)


def read_copies(folder: Path, leaf: int, decode: Callable[[bytes], object]) -> Copies:
    """The copies of a submission's declaration; raises DisclosureError `filed` for none, or an unreadable one."""
    found: dict[str, Mapping[str, object]] = {}
    for holder in HOLDERS:
        path = folder / holder / f"{leaf}.json"
        if not path.is_file():
            continue
        try:
            copy = decode(path.read_bytes())
        except (OSError, GatewayError):
            copy = None
        if not isinstance(copy, dict):
            raise DisclosureError("filed")
        found[holder] = copy
    if not found:
        raise DisclosureError("filed")
    return Copies(found)


def check_as_filed(
    unit: Unit,
    chain: Collection[Opened],
    opening: Disclosure,
    form: RegisteredForm,
    copies: Callable[[], Copies],
) -> None:
    """Check a submission in every step, the copies last.

    Raises DisclosureError with the first step that fails, Differs with every path that differs in a copy.
    """
    shown = check_disclosure(unit, chain, opening, form)
    stated = submission_of(unit).letters
    shown.check_classes(stated)
    shown.check_verdicts(stated)
    submitted = dict(shown.judgement.content)
    found = {
        one
        for copy in copies().by_holder.values()
        for one in differences(_content(shown.receipt, copy), submitted)
    }
    if found:
        raise Differs(tuple(sorted(found)))


def differences(filed: Mapping[str, str], submitted: Mapping[str, str]) -> Iterator[Difference]:
    """The differences of two visible contents, each canonical text by path."""
    for path in sorted(filed.keys() | submitted.keys()):
        if path not in submitted:
            yield path, STRIPPED
        elif path not in filed:
            yield path, ADDED
        elif filed[path] != submitted[path]:
            yield path, CHANGED


def _content(receipt: OpenedReceipt, copy: Mapping[str, object]) -> Mapping[str, str]:
    try:
        return dict(visible_content(receipt.texts, with_switches(receipt.claims, copy)))
    except GatewayError:
        raise DisclosureError("filed") from None
