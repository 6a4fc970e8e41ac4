"""What did witnesses say of the time, as the log itself repeats it?

A `witnessed` leaf holds a checkpoint of this log, by size and root, and its cosignatures. 1. It is about
entries above it, and about more of them than the leaf before. 2. Each cosignature is true, of a key of its own,
and states a time that can be; the times lie within two hours of one another. 3. The log had that root
(`evidence.py`). Which witnesses may be believed is no question here: whoever has a policy hears of those that
it does not name (`remarks.py`).
"""

from collections.abc import Iterable, Sequence

from gateway_verify._count.hours import TOLERATED, Seen
from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import Leaf
from gateway_verify.text.notes import FalseSignature, check_cosignature, decode_base64, read_key

Witnessed = Iterable[tuple[int, Leaf]]
_SECONDS = 3600


def check_witnessed(leaves: Witnessed, origin: str) -> None:
    """Hold the leaves against rules 1 and 2; raises Refuted at the first difference."""
    before = 0
    for index, leaf in leaves:
        if not before < leaf["size"] <= index:
            says = "it is not about entries above it that the one before was not about"
            raise Refuted(Kind.TIME, says, index=index)
        before = leaf["size"]
        _check_times(index, leaf)
        _check_cosignatures(index, leaf, origin)


def _check_times(index: int, leaf: Leaf) -> None:
    times = [one["time"] for one in leaf["cosignatures"]]
    keys = {one["key"] for one in leaf["cosignatures"]}
    if not times or len(keys) < len(times):
        raise Refuted(Kind.TIME, "it holds no cosignature, or two of one key", index=index)
    if max(times) - min(times) > TOLERATED * _SECONDS:
        raise Refuted(Kind.TIME, "its witnesses contradict each other", index=index)


def _check_cosignatures(index: int, leaf: Leaf, origin: str) -> None:
    text = f"{origin}\n{leaf['size']}\n{leaf['root']}\n".encode()
    for one in leaf["cosignatures"]:
        public, signature = read_key(one["key"]).public, decode_base64(one["signature"])
        try:
            check_cosignature(public, text, one["time"], signature)
        except FalseSignature:
            raise Refuted(Kind.TIME, "a cosignature is false", index=index) from None


def seen_before(leaves: Witnessed, end: int) -> Sequence[Seen]:
    """What the leaves below an index say, by size."""
    return [_seen(leaf) for index, leaf in leaves if index < end]


def _seen(leaf: Leaf) -> Seen:
    times = [one["time"] for one in leaf["cosignatures"]]
    return Seen(leaf["size"], min(times) // _SECONDS, max(times) // _SECONDS)
