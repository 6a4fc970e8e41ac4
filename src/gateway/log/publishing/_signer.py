"""Sign checkpoints with the log's key, and nothing that is not a continuation of the last one.

A component with a memory of its own: `last` in its folder is the last checkpoint text that it was
about to sign, written before the signature is made. It signs that one again, or one that it has
itself seen to begin with it, and nothing else: a log that shrinks, forks, or changes its root at one
size gets no signature, whoever asks. A new log begins in a folder without `last`.
"""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.log.notes import (
    Checkpoint,
    SignedCheckpoint,
    VerifierKey,
    read_text,
    sign_checkpoint,
    signing_name,
)
from gateway.log.publishing._folder import LogForked
from gateway.log.tree import ProofRefused, check_consistency
from gateway.storage.files import write_atomically


class CheckpointSigner:
    """Signs the checkpoints of one log, each the continuation of the one before."""

    def __init__(self, folder: Path, origin: str, private: Ed25519PrivateKey) -> None:
        self._path = folder / "last"
        self.origin = origin
        self._private = private

    @property
    def key(self) -> VerifierKey:
        """The key under which the signatures verify."""
        return signing_name(self.origin, self._private)

    def last(self) -> Checkpoint | None:
        """What was last about to be signed, read from the disk; None before the first.

        Raises LogForked when the file cannot be read: without its memory the signer does not sign.
        """
        try:
            return read_text(self._path.read_text())
        except FileNotFoundError:
            return None
        except ValueError:
            raise LogForked("the signer cannot read what it signed last") from None

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> SignedCheckpoint:
        """Sign a checkpoint that goes on from the last one, as `proof` shows.

        1. It is of the same log; 2. consistent with the last one, an equal size with an equal root;
        3. it is remembered, durably; 4. signed. Raises LogForked, OSError.
        """
        last = self.last()
        if checkpoint.origin != self.origin or (last and last.origin != self.origin):  # 1
            raise LogForked("the checkpoint is of another log")
        if last is not None and last.size:  # 2
            try:
                check_consistency(last.size, checkpoint.size, last.root, checkpoint.root, proof)
            except ProofRefused as refused:
                raise LogForked(f"after {last.size} leaves: {refused}") from None
        if checkpoint != last:  # 3
            write_atomically(self._path, checkpoint.text.encode())
        return sign_checkpoint(checkpoint, self._private)  # 4
