"""Write evidence packs, from which anybody can prove every published figure independently.

An evidence pack is a folder in the layout of the published log, cut at one checkpoint:

    checkpoint, key, policy     as published; `policy` where the deployment has one
    tile/…                      hash tiles and entry bundles (C2SP tlog-tiles) of the checkpoint's size
    releases/<month>.json|.jws  the releases
    proofs/<index>              C2SP tlog-proof of each tally leaf
    forms/<64 hex digits>.json  forms, bindings, dictionary and measure that the public leaves name by digest
    gateway-verify.pyz          the verifier as one file
    others/                     two short programs that verify the pack with independent libraries
    INSTRUCTIONS.md             how to verify all of it, also with independent tools
    bodies.tar.age              for an accredited auditor: `_bodies.py`

Everything but the last is public. It is copied from the published files alone, one at a time; the log may
grow meanwhile.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gateway.audits._instructions import instructions
from gateway.domain.errors import Conflict
from gateway.domain.json_texts import own_json
from gateway.log.entries import (
    FormVersionLeaf,
    MetricDefinitionLeaf,
    PublicLeaf,
    TallyLeaf,
    decode_leaf,
    is_case_entry,
)
from gateway.log.notes import SignedCheckpoint
from gateway.log.publishing import (
    ENTRIES,
    WIDTH,
    LogDamaged,
    LogFolder,
    PublishedTree,
    TileFolder,
    encode_bundle,
    inclusion_text,
    tile_path,
)
from gateway_verify.archive import write_archive

Progress = Callable[[int, int], None]
OTHERS = Path(__file__).parent / "_others"
"""Programs that verify a log with independent libraries."""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(slots=True)
class Pack:
    """An evidence pack (bộ chứng cứ): its contents, and the named files that were not found.

    `ranges` are the closed months with the first and last leaf of each; `missing` are digests of earlier
    versions whose files the deployment no longer keeps.
    """

    folder: Path
    signed: SignedCheckpoint
    tallies: list[int] = field(default_factory=list)
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The number of entries that the pack proves."""
        return self.signed.checkpoint.size


def write_pack(folder: Path, log: LogFolder, schemas: Path, progress: Progress) -> Pack:
    """Write the public part of a pack into a new folder.

    Raises Conflict `nothing_published`, or `folder_in_use` for a folder that holds something; LogDamaged or
    OSError for files of the log that cannot be read.
    """
    signed = log.published()
    if signed is None:
        raise Conflict("nothing_published", "the log has no checkpoint yet")
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.iterdir(), None) is not None:
        raise Conflict("folder_in_use", "a pack goes into a folder of its own")
    pack = Pack(folder, signed)
    _copy_entries(pack, log.tiles, progress)
    _copy_hashes(pack, log.tiles)
    _write_proofs(pack)
    _copy_files(pack, log.public)
    _copy_forms(pack, schemas)
    write_archive(folder / "gateway-verify.pyz")
    (folder / "INSTRUCTIONS.md").write_text(instructions(signed.checkpoint))
    (folder / "checkpoint").write_bytes(signed.note)
    return pack


def _copy_entries(pack: Pack, tiles: TileFolder, progress: Progress) -> None:
    for number, width in _tiles_of(pack.size):
        entries = _first(partial(tiles.entries, number), width)
        _put(pack.folder / tile_path(ENTRIES, number, width), encode_bundle(entries))
        for index, entry in enumerate(entries, number * WIDTH):
            if not is_case_entry(entry):
                _take_note(pack, index, decode_leaf(entry))
        progress(number * WIDTH + width, pack.size)


def _take_note(pack: Pack, index: int, leaf: PublicLeaf) -> None:
    match leaf:
        case TallyLeaf():
            pack.tallies.append(index)
            pack.ranges[leaf.month] = leaf.range
        case MetricDefinitionLeaf():
            pack.digests.add(leaf.digest)
        case FormVersionLeaf():
            pack.digests |= {leaf.form_digest, leaf.bindings_digest, leaf.dictionary_digest}


def _copy_hashes(pack: Pack, tiles: TileFolder) -> None:
    level, there = 0, pack.size
    while there:
        for number, width in _tiles_of(there):
            hashes = _first(partial(tiles.hashes, level, number), width)
            _put(pack.folder / tile_path(level, number, width), b"".join(hashes))
        level, there = level + 1, there // WIDTH


def _first(read: Callable[[int], list[bytes]], width: int) -> list[bytes]:
    """The first `width` items of a tile, from the full one where the log has grown since."""
    try:
        try:
            return read(width)
        except FileNotFoundError:
            return read(WIDTH)[:width]
    except ValueError as torn:
        raise LogDamaged(0, str(torn)) from None


def _tiles_of(size: int) -> Iterator[tuple[int, int]]:
    """Number and width of every tile of a level that holds `size` hashes."""
    for first in range(0, size, WIDTH):
        yield first // WIDTH, min(WIDTH, size - first)


def _write_proofs(pack: Pack) -> None:
    tree = PublishedTree(TileFolder(pack.folder), pack.size)
    for index in pack.tallies:
        proof = inclusion_text(tree, index, pack.signed.note)
        _put(pack.folder / "proofs" / str(index), proof)


def _copy_files(pack: Pack, public: Path) -> None:
    """Key and policy, the releases of tallies that the checkpoint covers, and the programs."""
    for name in ("key", "policy"):
        if (public / name).is_file():
            shutil.copyfile(public / name, pack.folder / name)
    for path in public.glob("releases/*.json"):
        if _MONTH.fullmatch(path.stem) and own_json(path.read_bytes())["size"] <= pack.size:
            for one in public.glob(f"releases/{path.stem}.*"):
                _put(pack.folder / "releases" / one.name, one.read_bytes())
    for path in (OTHERS / "tiles.go", OTHERS / "aics.py"):
        _put(pack.folder / "others" / path.name, path.read_bytes())


def _copy_forms(pack: Pack, schemas: Path) -> None:
    """The files that public leaves name, found by their digests."""
    found = set()
    for path in (
        schemas / "measure.json",
        schemas / "attributes.json",
        *schemas.glob("forms/**/*.json"),
    ):
        raw = path.read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        if f"sha256:{digest}" in pack.digests:
            _put(pack.folder / "forms" / f"{digest}.json", raw)
            found.add(f"sha256:{digest}")
    pack.missing = sorted(pack.digests - found)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
