"""`gateway audit sample …`: are the fields that were counted as saved what they are said to be?

On the auditor's machine, with a pack whose bodies are unpacked: `commit` before the public draw, `draw`
after it, `open` with what the province supplied, `report`. In between the province enters the request into
the log (`enter`, in `entering.py`), still before the draw. Exit status: 0 done, 1 refuted or, of
`report`, an opening was wrong; 2 could not check.
"""

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from gateway.api.wire.strict_json import decode
from gateway.cli.audit.packs import Json, say, table_text
from gateway.cli.audit.verifying import COULD_NOT, PolicyFile, bar
from gateway.domain.errors import GatewayError
from gateway.log.verify.ending import tell
from gateway.log.verify.evidence import Way, verify_log
from gateway.log.verify.findings import Kind, Refuted, Unchecked
from gateway.log.verify.sampling.bound import PARTS, upper_bound
from gateway.log.verify.sampling.draw import NONCE_BYTES
from gateway.log.verify.sampling.requests import (
    Later,
    draw_again,
    draw_sample,
    make_request,
    read_request,
    shown,
)
from gateway.log.verify.signing import read_auditor, sign_leaf
from gateway.log.verify.text import canonical
from gateway.log.verify.text.policy import MalformedPolicy, Policy, read_policy
from gateway.log.verify.tree.places import Folder
from gateway.submission.openings import OUTSIDE, STEPS
from gateway.submission.samples import Result, open_all

WRONG = 1
FEW_ENOUGH = 299
"""So many right ones and none wrong show that fewer than 1 % are wrong, at 95 %."""

sample_app = typer.Typer(
    help="The sampling audit of fields counted as saved.", no_args_is_help=True
)

Pack = Annotated[Path, typer.Argument(help="An evidence pack, its bodies unpacked.")]
KeyFile = Annotated[Path, typer.Option("--sign", help="The auditor's key.")]


@sample_app.command("commit")
def commit(
    pack: Pack,
    month: Annotated[str, typer.Option(help="The closed month, as 2026-11.")],
    key: KeyFile,
    nonce: Annotated[Path, typer.Option(help="A new file that is kept secret until the draw.")],
    count: Annotated[int, typer.Option(help="How many fields to draw.")] = FEW_ENOUGH,
    out: Annotated[Path, typer.Option(help="The request, to be made known.")] = Path(
        "request.json"
    ),
    policy: PolicyFile = None,
) -> None:
    """Commit to a nonce for a sample of a month, before the public draw is known."""
    with _said():
        auditor = read_auditor(key)
        with bar("Nhật ký / log") as told:
            proved = verify_log(Folder(pack), _policy(policy), Way(told))
        drawn = secrets.token_bytes(NONCE_BYTES)
        request = make_request(proved, month, count, auditor, drawn)
        _keep_secret(nonce, drawn.hex())
        out.write_bytes(request)
    tell(f"{out}: {orjson.loads(request)['commitment']}")


@sample_app.command("draw")
def draw(
    pack: Pack,
    request: Annotated[Path, typer.Argument(help="The request that was made known.")],
    entered: Annotated[Path, typer.Option(help="Where the province entered the request.")],
    nonce: Annotated[Path, typer.Option(help="The file of the nonce.")],
    at: Annotated[str, typer.Option(help="When the public draw was: 2026-12-01T18:30+07:00.")],
    public: Annotated[Path, typer.Option(help="A file with the public draw, byte for byte.")],
    out: Annotated[Path, typer.Option(help="The drawn fields, for the province.")] = Path(
        "drawn.json"
    ),
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Draw the fields that the province is to open; anybody can draw the same."""
    with _said(), bar("Rút thăm / draw") as told:
        asked = read_request(_json(request))
        later = Later(_json(entered), _moment(at), _nonce(nonce), public.read_bytes())
        sample = draw_sample(Folder(pack), _policy(policy), asked, later, told)
        out.write_bytes(sample.as_json())
    drawn, leaves = len(sample.units), len({unit.leaf.index for unit in sample.units})
    done = {"units": sample.count, "drawn": drawn, "leaves": leaves, "file": str(out)}
    say(done | {"remarks": sample.remarks}, as_json)


@sample_app.command("open")
def open_(
    pack: Pack,
    drawn: Annotated[Path, typer.Argument(help="The drawn fields.")],
    openings: Annotated[Path, typer.Argument(help="The folder of what the province supplied.")],
    journal: Annotated[
        Path, typer.Option(help='The sources\' own request numbers: {"population": ["…"]}.')
    ],
    out: Annotated[Path, typer.Option(help="What came out, field by field.")] = Path("opened.json"),
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Check every opening; a wrong one is named by the step that failed."""
    with _said(), bar("Mở mẫu / openings") as told:
        sample = draw_again(Folder(pack), _policy(policy), _json(drawn), told)
        results = open_all(pack, sample, openings, _journal(journal), decode, told)
        rows = [_row(one) for one in results]
        said = {"request": dict(sample.request), "entered": sample.entered.index, "results": rows}
        out.write_bytes(orjson.dumps({"kind": "sample-opened", "v": 1, **said}))
    say({"opened": len(rows), "wrong": _wrong(rows), "file": str(out)}, as_json)


@sample_app.command("report")
def report(
    opened: Annotated[Path, typer.Argument(help="What came out of the openings.")],
    key: Annotated[Path | None, typer.Option("--sign", help="Sign it as an audit leaf.")] = None,
    out: Annotated[Path, typer.Option(help="Where the signed audit goes.")] = Path("audit.json"),
    as_json: Json = False,
) -> None:
    """Say how many were wrong, why, and what share of all fields that bounds at 95 %."""
    with _said():
        request, entered, results = _opened(opened)
        wrong = _wrong(results)
        bound = upper_bound(len(results), wrong)
        if key is not None:
            sample = {"drawn": len(results), "wrong": wrong, "bound": [bound, PARTS]}
            sample["entered"] = entered
            out.write_bytes(_audit(request, sample, key))
    steps = Counter(one["failed"] for one in results if one["failed"])
    done = {
        "month": request["month"],
        "drawn": len(results),
        "wrong": wrong,
        "bound": bound / PARTS,
        "steps": dict(sorted(steps.items(), key=lambda one: STEPS.index(one[0]))),
        "outside": dict(Counter(one["outside"] for one in results if one["outside"])),
    }
    tell(orjson.dumps(done).decode()) if as_json else _show(done, results)
    raise typer.Exit(WRONG if wrong else 0)


def _show(done: dict[str, Any], results: list[dict[str, Any]]) -> None:
    table = Table("mục / leaf", "trường / field", "sai ở bước / failed at")
    for one in results:
        if one["failed"]:
            table.add_row(str(one["leaf"]), one["path"], one["failed"])
    if done["wrong"]:
        tell(table_text(table))
    outside = sum(done["outside"].values())
    tell(
        f"{done['month']}: {done['drawn']} mở / opened, {done['wrong']} sai / wrong; "
        f"tỷ lệ sai dưới / share of wrong ones below {done['bound']:.2%} (95 %)"
    )
    tell(f"{outside} đối chiếu với nguồn / held against a source's own list")


def _audit(request: dict[str, Any], sample: dict[str, Any], key: Path) -> bytes:
    auditor = read_auditor(key)
    if str(auditor.key) != request["auditor"]:
        raise Unchecked(Kind.KEY, "the sample was asked for by another auditor")
    same = {name: request[name] for name in ("month", "range", "size", "root", "auditor")}
    found = {"result": "sampled", "differences": sample["wrong"], "sample": sample}
    return sign_leaf(auditor, {"kind": "audit", "v": 1, **same, **found})


def _row(one: Result) -> dict[str, Any]:
    return {**shown(one.unit), "failed": one.failed, "outside": one.outside}


def _wrong(results: list[dict[str, Any]]) -> int:
    return sum(one["failed"] is not None for one in results)


def _opened(path: Path) -> tuple[dict[str, Any], int, list[dict[str, Any]]]:
    said = _json(path)
    try:
        request = dict(read_request(said["request"]))
        results, entered = said["results"], said["entered"]
        good = (
            type(entered) is int
            and len(results) <= request["count"]
            and all(
                one["failed"] in (None, *STEPS) and one["outside"] in (None, *OUTSIDE)
                for one in results
            )
        )
    except (KeyError, TypeError):
        good = False
    if not good:
        raise Unchecked(Kind.AUDIT, "no opened sample")
    return request, entered, results


def _journal(path: Path) -> dict[str, frozenset[str]]:
    said = _json(path)
    if not isinstance(said, dict) or not all(
        source in OUTSIDE and isinstance(numbers, list) for source, numbers in said.items()
    ):
        raise Unchecked(Kind.AUDIT, "the journal lists request numbers by source")
    return {source: frozenset(map(str, numbers)) for source, numbers in said.items()}


def _json(path: Path) -> Any:
    try:
        return canonical.read_json(path.read_bytes())
    except canonical.NotCanonical as refused:
        raise Unchecked(Kind.AUDIT, str(refused), str(path)) from None


def _moment(text: str) -> int:
    """A moment with its offset, in seconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unchecked(Kind.AUDIT, "a moment reads 2026-12-01T18:30+07:00")
    return int(moment.timestamp())


def _nonce(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.read_text().strip())
    except (ValueError, UnicodeDecodeError):
        raise Unchecked(Kind.AUDIT, "no nonce", str(path)) from None


def _keep_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")


def _policy(path: Path | None) -> Policy | None:
    try:
        return None if path is None else read_policy(path.read_bytes())
    except MalformedPolicy as refused:
        raise Unchecked(Kind.POLICY, str(refused)) from None


@contextmanager
def _said() -> Iterator[None]:
    """A refusal inside is said and ends with its status."""
    try:
        yield
    except (Refuted, Unchecked) as found:
        typer.echo(str(found), err=True)
        raise typer.Exit(WRONG if isinstance(found, Refuted) else COULD_NOT) from None
    except GatewayError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(COULD_NOT) from None
    except OSError as failed:
        typer.echo(f"{failed.filename}: {failed.strerror}", err=True)
        raise typer.Exit(COULD_NOT) from None
