"""`gateway audit sample commit, draw, open`: the auditor's part of a sampling audit.

On the auditor's machine, with a pack whose bodies are unpacked: for each frame (`fields`, `submissions`,
`records`) `commit` before the public draw, `draw` after it, `open` with what was supplied, `report`; `year`
puts the months together. In between the province enters the request into the log (`enter`), still before
the draw, and sees by itself which units it is to open (`due`; both in `entering.py`). Exit status: 0 done, 1
refuted or, of `report`, an opening was wrong; 2 could not check.
"""

import secrets
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway.api.strict_json import decode
from gateway.audits import Result, Supplied, check_all
from gateway.cli._audit.sample_files import (
    decoded,
    keep_secret,
    lists_in,
    moment_of,
    policy_of,
    read_nonce,
    refusals_said,
)
from gateway.cli._audit.verifying import PolicyFile, bar
from gateway.cli._deployment import AsJson, say
from gateway.domain.json_texts import own_json
from gateway.sources.registry import registered
from gateway_verify.ending import tell
from gateway_verify.evidence import Way, verify_log
from gateway_verify.findings import Kind, Unchecked
from gateway_verify.locations import Folder, read_file
from gateway_verify.sampling.draw import (
    FIELDS,
    FRAMES,
    MONTHS,
    NONCE_BYTES,
    RECORDS,
    SUBMISSIONS,
    share,
)
from gateway_verify.sampling.requests import (
    Later,
    Size,
    draw_again,
    draw_sample,
    make_request,
    read_request,
    shown,
    units_in,
)
from gateway_verify.signing import read_auditor

LARGEST_DRAW_BYTES = 1024 * 1024
"""Of a public draw: it stands in the file of drawn units, too."""

sample_app = typer.Typer(
    help="The sampling audit of fields, whole submissions and records.", no_args_is_help=True
)

Pack = Annotated[Path, typer.Argument(help="An evidence pack, its bodies unpacked.")]
KeyFile = Annotated[Path, typer.Option("--sign", help="The auditor's key.")]


@sample_app.command("commit")
def commit(
    pack: Pack,
    month: Annotated[str, typer.Option(help="The closed month, as 2026-11.")],
    key: KeyFile,
    nonce: Annotated[Path, typer.Option(help="A new file that is kept secret until the draw.")],
    frame: Annotated[str, typer.Option(help="fields, submissions or records.")] = FIELDS,
    year_units: Annotated[
        int | None,
        typer.Option(
            min=1, help="Units that the year is expected to have; 12 such months if absent."
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="So many, instead of the month's share of the year's 299.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The request, to be made known.")] = Path(
        "request.json"
    ),
    policy: PolicyFile = None,
) -> None:
    """Commit to a nonce for a sample of a month, before the public draw is known."""
    with refusals_said():
        auditor = read_auditor(key)
        if frame not in FRAMES:
            raise Unchecked(Kind.AUDIT, f"a frame is one of {', '.join(FRAMES)}")
        with bar("Nhật ký / log") as progress:
            proved = verify_log(Folder(pack), policy_of(policy), Way(progress))
            if count is None:
                units = units_in(Folder(pack), proved, month, frame, progress).count
                size = _share_of(units, frame, year_units)
            else:
                size = Size(count, frame)
        drawn = secrets.token_bytes(NONCE_BYTES)
        request = make_request(proved, month, size, auditor, drawn)
        keep_secret(nonce, drawn.hex())
        out.write_bytes(request)
    asked = own_json(request)
    tell(f"{out}: {frame} {asked['count']}, {asked['commitment']}")


def _share_of(units: int, frame: str, year_units: int | None) -> Size:
    if not units:
        raise Unchecked(Kind.AUDIT, f"the month has no unit of the frame {frame}: nothing to draw")
    expected = MONTHS * units if year_units is None else year_units
    return Size(share(units, expected), frame, expected)


@sample_app.command("draw")
def draw(
    pack: Pack,
    request: Annotated[Path, typer.Argument(help="The request that was made known.")],
    entered: Annotated[Path, typer.Option(help="Where the province entered the request.")],
    nonce: Annotated[Path, typer.Option(help="The file of the nonce.")],
    at: Annotated[str, typer.Option(help="When the public draw was: 2026-12-01T18:30+07:00.")],
    public: Annotated[Path, typer.Option(help="A file with the public draw, byte for byte.")],
    out: Annotated[Path, typer.Option(help="The drawn units, for the province.")] = Path(
        "drawn.json"
    ),
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Draw the units that the province is to open; anybody can draw the same."""
    with refusals_said(), bar("Rút thăm / draw") as progress:
        asked = read_request(decoded(request))
        drawing = read_file(public, LARGEST_DRAW_BYTES)
        later = Later(decoded(entered), moment_of(at), read_nonce(nonce), drawing)
        sample = draw_sample(Folder(pack), policy_of(policy), asked, later, progress)
        out.write_bytes(sample.as_json())
    drawn, leaves = len(sample.units), len({unit.leaf.index for unit in sample.units})
    done = {"frame": sample.frame, "units": sample.count, "drawn": drawn, "leaves": leaves}
    done["file"] = str(out)
    say(done | {"remarks": sample.remarks}, as_json)


@sample_app.command("open")
def open_(
    pack: Pack,
    drawn: Annotated[Path, typer.Argument(help="The drawn units.")],
    openings: Annotated[Path, typer.Argument(help="The folder of what the province supplied.")],
    journal: Annotated[
        Path | None,
        typer.Option(help='Of fields: request numbers by source, {"population": ["…"]}.'),
    ] = None,
    filed: Annotated[
        Path | None,
        typer.Option(help="Of submissions: the folder of the declarations as filed."),
    ] = None,
    issuers: Annotated[
        Path | None,
        typer.Option(help='Of records: numbers of papers by issuer, {"UBND …": ["…"]}.'),
    ] = None,
    due: Annotated[
        str | None, typer.Option(help="Openings that came later are wrong: 2026-12-15T17:00+07:00.")
    ] = None,
    out: Annotated[Path, typer.Option(help="What came out, unit by unit.")] = Path("opened.json"),
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Check every opening; a wrong one is named by the step that failed."""
    with refusals_said(), bar("Mở mẫu / openings") as progress:
        until = None if due is None else moment_of(due)
        sample = draw_again(Folder(pack), policy_of(policy), decoded(drawn), progress)
        supplied = _supplied(sample.frame, openings, (journal, filed, issuers), until)
        results = check_all(pack, sample, supplied, progress)
        rows = [_row(one) for one in results]
        said = {"request": dict(sample.request), "entered": sample.entered.index}
        said |= {"units": sample.count, "results": rows}
        out.write_bytes(orjson.dumps({"kind": "sample-opened", "v": 1, **said}))
    done = {
        "frame": sample.frame,
        "opened": len(rows),
        "wrong": sum(one.failed is not None for one in results),
        "file": str(out),
    }
    say(done, as_json)


def _supplied(
    frame: str,
    openings: Path,
    beside: tuple[Path | None, Path | None, Path | None],
    due: int | None,
) -> Supplied:
    """What a frame asks for beside the openings; raises Unchecked where it was not given."""
    journal, filed, issuers = beside
    asked = {
        FIELDS: ("journal", journal),
        SUBMISSIONS: ("filed", filed),
        RECORDS: ("issuers", issuers),
    }
    option, given = asked[frame]
    if given is None:
        raise Unchecked(Kind.AUDIT, f"the frame {frame} asks for --{option}")
    if frame == FIELDS:
        return Supplied(openings, decode, due, journal=_journal(given))
    if frame == SUBMISSIONS:
        return Supplied(openings, decode, due, filed=given)
    return Supplied(openings, decode, due, issued=lists_in(given, "papers by issuer"))


def _row(one: Result) -> dict[str, object]:
    found = {"failed": one.failed, "outside": one.outside, "differs": list(one.differs)}
    return shown(one.unit) | found


def _journal(path: Path) -> dict[str, frozenset[str]]:
    lists = lists_in(path, "request numbers by source")
    if not lists.keys() <= set(registered().remote):
        raise Unchecked(Kind.AUDIT, "the journal lists request numbers by source")
    return lists
