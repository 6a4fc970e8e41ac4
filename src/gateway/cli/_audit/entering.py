"""The province's part of a sampling audit: `enter` puts an auditor's commitment on record, before the public
draw; `due` says after it which dossiers are to be opened, by a draw of the province's own.

Exit status: 0 done, 1 refused (the reason is said), 2 a setting or a file cannot be used.
"""

import asyncio
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway.audits import (
    Entered,
    check_close,
    check_root,
    draw_again,
    enter_sample,
    read_sample_request,
)
from gateway.cli._audit.packs import audit_deployment
from gateway.cli._audit.sample_files import LARGEST_FILE_BYTES
from gateway.cli._deployment import AsJson, say
from gateway.cli._log.publishing import publish_log
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock
from gateway.domain.errors import BadRequest, Conflict
from gateway.log.notes import SignedCheckpoint
from gateway.log.publishing import LogFolder, PublishedTree, inclusion_text
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway_verify.leaves import Leaf
from gateway_verify.locations import read_file
from gateway_verify.text import canonical


def enter(
    context: typer.Context,
    request: Annotated[Path, typer.Argument(help="The auditor's signed request.")],
    out: Annotated[Path, typer.Option(help="What the auditor is given for it.")] = Path(
        "entered.json"
    ),
    as_json: AsJson = False,
) -> None:
    """Enter an accredited auditor's request as a `sample` leaf and publish it, before the public draw.

    Gives the proof that the log held it. Called again with the same request it gives a newer proof,
    for example once a witness is back. May run beside the gateway.
    """
    with audit_deployment() as settings:
        asked, log = _request(request), LogFolder(settings.data / "log")
        entered = asyncio.run(_enter(settings, log, asked, clock_of(context)))
        shown = _published(log)
        if entered.index >= shown.checkpoint.size:
            raise Conflict("nothing_published", "the leaf waits for the next checkpoint; try again")
        tree = PublishedTree(log.tiles, shown.checkpoint.size)
        proof, grown = (
            inclusion_text(tree, entered.index, shown.note),
            tree.consistency(asked["size"]),
        )
        out.write_bytes(entered.with_proofs(proof, grown))
    say({"index": entered.index, "size": shown.checkpoint.size, "file": str(out)}, as_json)


def due(
    drawn: Annotated[Path, typer.Argument(help="The auditor's file of drawn units.")],
    out: Annotated[Path, typer.Option(help="The submissions to open.")] = Path("due.json"),
    as_json: AsJson = False,
) -> None:
    """Draw again from this deployment's own bodies, and list the submissions that are to be opened."""
    with audit_deployment() as settings:
        log = LogFolder(settings.data / "log")
        with closing(Database(settings.database)) as database:
            found = database.read(lambda c: draw_again(c, log, _decoded(drawn)))
        hashes = {leaf: b64encode(one).decode() for leaf, one in sorted(found.hashes.items())}
        out.write_bytes(orjson.dumps({str(leaf): one for leaf, one in hashes.items()}))
    done = {"frame": found.frame, "units": found.units, "drawn": len(found.drawn)}
    say(done | {"leaves": len(hashes), "file": str(out)}, as_json)


async def _enter(settings: Settings, log: LogFolder, asked: Leaf, clock: Clock) -> Entered:
    shown, now = _published(log), clock()
    origin = shown.checkpoint.origin
    if asked["origin"] != origin:
        raise Conflict("audit_of_another_log", "the request is about another log", "origin")
    check_root(PublishedTree(log.tiles, shown.checkpoint.size), asked)
    with closing(Database(settings.database)) as database:
        database.read(lambda c: check_close(c, origin, asked))
        entered = await database.write(lambda c: enter_sample(c, asked, now))
    await publish_log(settings, clock)
    return entered


def _request(path: Path) -> Leaf:
    return read_sample_request(_decoded(path))


def _decoded(path: Path) -> object:
    try:
        return canonical.read_json(read_file(path, LARGEST_FILE_BYTES))
    except canonical.NotCanonical as refused:
        raise BadRequest("audit_unreadable", str(refused)) from None


def _published(log: LogFolder) -> SignedCheckpoint:
    shown = log.published()
    if shown is None:
        raise Conflict("nothing_published", "the log has no checkpoint yet")
    return shown
