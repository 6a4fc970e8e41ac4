"""Does the database still hold the log that was published, or was it restored from an older day?

Asked at a start, before anything is answered, and quick: the database is no shorter than what was
signed or published, ends there in the same leaf, and the tiles still lead to the root that was
signed. The whole of it is compared before the first signature.
"""

from gateway.log.leaves import leaf_hash
from gateway.log.notes import Checkpoint
from gateway.log.proofs import PublishedTree
from gateway.log.publishing.folder import LogFolder
from gateway.log.publishing.refusals import LogDamaged, LogStopped
from gateway.log.publishing.rows import LeafRows
from gateway.log.publishing.signer import CheckpointSigner
from gateway.log.tiles import WIDTH, TileFolder


def incident_at_start(
    folder: LogFolder, rows: LeafRows, signer: CheckpointSigner, latest_key: str | None
) -> str | None:
    """Why this log must not go on; None when it may. Raises Busy, OSError.

    The word is one of `incident` (noted before), `shorter`, `other_root`, `other_leaf`, `other_key`,
    `unreadable`.
    """
    if (noted := folder.incident()) is not None:
        return noted
    if latest_key is not None and latest_key != str(signer.key):
        return "other_key"
    try:
        published = folder.published()
        known = [signer.last(), None if published is None else published.checkpoint]
    except LogStopped:
        return "unreadable"
    size = rows.size()
    for checkpoint in known:
        if checkpoint is not None and checkpoint.origin != signer.origin:
            return "unreadable"
        if checkpoint is not None and checkpoint.size:
            if checkpoint.size > size:
                return "shorter"
            if why := _differs(folder.tiles, rows, checkpoint):
                return why
    return None


def _differs(tiles: TileFolder, rows: LeafRows, checkpoint: Checkpoint) -> str | None:
    tree = PublishedTree(tiles, checkpoint.size)
    try:
        if tree.root() != checkpoint.root:
            return "other_root"
        last = tree.leaf(checkpoint.size - 1)
    except (OSError, ValueError):
        return None  # tiles that are gone are written again, and the signer compares the roots
    row = rows.page(checkpoint.size - 1, 1)
    return None if row and row[0].hash == last else "other_leaf"


def check_rows(tiles: TileFolder, rows: LeafRows, size: int) -> None:
    """Hold every leaf of the database below `size`, a published size, against the tiles.

    Tiles that are gone are passed over: they are written again from the database, and the signer
    compares the roots. Raises LogDamaged with the first leaf that differs, Busy, OSError.
    """
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        try:
            published = tiles.hashes(0, first // WIDTH, width)
        except FileNotFoundError:
            return
        except ValueError:
            raise LogDamaged(first, "its tile of level 0 is torn") from None
        page = rows.page(first, width)
        for offset, hash_ in enumerate(published):
            if offset >= len(page) or page[offset].index != first + offset:
                raise LogDamaged(first + offset, "the database has no leaf there")
            if not leaf_hash(page[offset].entry) == page[offset].hash == hash_:
                raise LogDamaged(
                    first + offset, "the database holds another leaf than was published"
                )
