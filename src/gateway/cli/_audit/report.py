"""`gateway audit sample report, year`: the result of a sample, and of a year of samples.

`opened.json`, which `open` writes, is {"kind":"sample-opened","v":1,"request","entered","units","results"}:
per drawn unit `leaf`, `hash`, `ordinal`, `path`, `failed` (the step, or null), `outside` (the source that
knows the read) and `differs` ([path, word] where a submission is not as filed).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import BaseModel, ConfigDict, StrictInt, ValidationError
from rich.table import Table

from gateway.audits import DIFFERENCES, STEPS_OF
from gateway.cli._audit.sample_files import WRONG, decoded, policy_of, refusals_said
from gateway.cli._audit.verifying import PolicyFile, bar
from gateway.cli._deployment import AsJson, table_text
from gateway.sources.registry import registered
from gateway_verify.ending import tell
from gateway_verify.evidence import Way, verify_log
from gateway_verify.findings import Kind, Unchecked
from gateway_verify.leaves import Leaf
from gateway_verify.locations import Folder
from gateway_verify.sampling.bound import PARTS, bound_of
from gateway_verify.sampling.draw import FIELDS, frame_of
from gateway_verify.sampling.requests import read_request
from gateway_verify.sampling.year import Year, samples_of
from gateway_verify.signing import read_auditor, sign_leaf


class OpenedUnit(BaseModel):
    """A drawn unit as `open` wrote it; `differs` holds a path and how it is not as filed."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    leaf: StrictInt
    ordinal: StrictInt
    path: str | None
    failed: str | None
    outside: str | None
    differs: tuple[tuple[str, str], ...]


class _OpenedFile(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    request: object
    entered: StrictInt
    units: StrictInt
    results: tuple[OpenedUnit, ...]


def report(
    opened: Annotated[Path, typer.Argument(help="What came out of the openings.")],
    key: Annotated[Path | None, typer.Option("--sign", help="Sign it as an audit leaf.")] = None,
    out: Annotated[Path, typer.Option(help="Where the signed audit goes.")] = Path("audit.json"),
    as_json: AsJson = False,
) -> None:
    """Say how many were wrong, why, and what share of all units that bounds at 95 %."""
    with refusals_said():
        found = _opened(opened)
        results, wrong = found.results, sum(one.failed is not None for one in found.results)
        bound = bound_of(found.units, len(results), wrong)
        if key is not None:
            sample: dict[str, object] = {
                "frame": found.frame,
                "units": found.units,
                "drawn": len(results),
            }
            sample |= {"wrong": wrong, "bound": [bound, PARTS], "entered": found.entered}
            out.write_bytes(_audit(found.request, sample, key))
    steps = Counter(one.failed for one in results if one.failed)
    order = STEPS_OF[found.frame]
    done = _Done(
        found.request["month"],
        found.frame,
        found.units,
        len(results),
        wrong,
        bound / PARTS,
        dict(sorted(steps.items(), key=lambda one: order.index(one[0]))),
        dict(Counter(one.outside for one in results if one.outside)),
        dict(Counter(how for one in results for _, how in one.differs)),
    )
    tell(orjson.dumps(done).decode()) if as_json else _show(done, results)
    raise typer.Exit(WRONG if wrong else 0)


@dataclass(frozen=True, slots=True)
class _Done:
    """What came out of a sample; the members of the JSON answer."""

    month: str
    frame: str
    units: int
    drawn: int
    wrong: int
    bound: float
    steps: dict[str, int]
    outside: dict[str, int]
    differs: dict[str, int]


def _show(done: _Done, results: Sequence[OpenedUnit]) -> None:
    table = Table("mục / leaf", "trường / fields", "sai ở bước / failed at")
    for one in results:
        places = [one.path] if one.path else [f"{path} ({how})" for path, how in one.differs]
        if one.failed:
            table.add_row(str(one.leaf), "\n".join(places), one.failed)
    if done.wrong:
        tell(table_text(table))
    below = "đúng bằng / is" if done.drawn == done.units else "dưới / below"
    tell(
        f"{done.month} {done.frame}: {done.drawn} / {done.units} mở / opened, "
        f"{done.wrong} sai / wrong; tỷ lệ sai / share of wrong ones {below} {done.bound:.2%} (95 %)"
    )
    if done.frame == FIELDS:
        outside = sum(done.outside.values())
        tell(f"{outside} đối chiếu với nguồn / held against a source's own list")


def year(
    pack: Annotated[Path, typer.Argument(help="An evidence pack; no bodies are needed.")],
    of: Annotated[str, typer.Argument(help="The year, as 2026.")],
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Put the samples of a year's months together, from the public `audit` leaves alone."""
    with refusals_said(), bar("Nhật ký / log") as told:
        proved = verify_log(Folder(pack), policy_of(policy), Way(told))
        found = samples_of(proved.story, of)
    if as_json:
        tell(orjson.dumps({name: _plain(one) for name, one in found.items()}).decode())
        return
    table = Table(
        "khung / frame", "tháng / months", "đơn vị / units", "mở / drawn", "sai / wrong", "95 %"
    )
    for name, one in found.items():
        bound = f"{one.bound / PARTS:.2%}" if one.drawn else "–"
        units = "?" if one.units is None else str(one.units)
        table.add_row(name, str(len(one.months)), units, str(one.drawn), str(one.wrong), bound)
    tell(table_text(table))


def _plain(year: Year) -> dict[str, object]:
    numbers: dict[str, object] = {"units": year.units, "drawn": year.drawn, "wrong": year.wrong}
    return numbers | {"bound": year.bound / PARTS, "months": [one.month for one in year.months]}


def _audit(request: Leaf, sample: dict[str, object], key: Path) -> bytes:
    auditor = read_auditor(key)
    if str(auditor.key) != request["auditor"]:
        raise Unchecked(Kind.KEY, "the sample was asked for by another auditor")
    same = {name: request[name] for name in ("month", "range", "size", "root", "auditor")}
    found = {"result": "sampled", "differences": sample["wrong"], "sample": sample}
    return sign_leaf(auditor, {"kind": "audit", "v": 1, **same, **found})


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file of opened units says."""

    request: Leaf
    entered: int
    units: int
    results: Sequence[OpenedUnit]

    @property
    def frame(self) -> str:
        return frame_of(self.request)


def _opened(path: Path) -> _Found:
    """Raises Unchecked for another file, or one in which a drawn unit is missing or stands twice."""
    try:
        said = _OpenedFile.model_validate(decoded(path))
    except ValidationError:
        raise Unchecked(Kind.AUDIT, "no opened sample") from None
    found = _Found(read_request(said.request), said.entered, said.units, said.results)
    if not all(_known(one, found.frame) for one in found.results):
        raise Unchecked(Kind.AUDIT, "no opened sample")
    if len({(one.leaf, one.ordinal) for one in found.results}) != len(found.results):
        raise Unchecked(Kind.AUDIT, "a drawn unit stands twice among what was opened")
    if len(found.results) != min(found.request["count"], found.units):
        raise Unchecked(Kind.AUDIT, "units that were drawn are missing among what was opened")
    return found


def _known(one: OpenedUnit, frame: str) -> bool:
    words = all(how in DIFFERENCES for _, how in one.differs)
    outside = one.outside in (None, *registered().remote)
    return words and one.failed in (None, *STEPS_OF[frame]) and outside
