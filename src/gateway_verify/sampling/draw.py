"""Frames of a sample, and the draw of its units, which neither side could have chosen.

A **frame** is a list of units of one kind:

    fields        field instances with the verdict `auto`
    submissions   whole submissions, compared with the dossier as it was filed
    records       unvouched records that filled an `auto` field, once for each submission

Of each frame YEARLY units are drawn for a province and year, or all where there are fewer. They are spread
over the closed months in proportion: of a month with `units` of the `year_units` that the auditor expects
the year to have, `share` are drawn. Every month of a year names the same `year_units`; a year that comes
out otherwise only makes the bound of the year wider or narrower (`year.py`), never wrong.

An `audit` or `sample` leaf without a member for the frame was written before there were three: `fields`.

The draw:

    commitment   SHA-256(nonce); the nonce is 32 random bytes of the auditor's, shown after the draw
    block n      SHA-256(root || nonce || draw || n): root the 32 bytes of the root that the request
                 names, draw the bytes of the public draw, n 8 bytes big-endian, counted from 0
    number       the block as a big-endian integer, modulo the count of units; a block of at least the
                 largest multiple of that count within 2^256 is passed over, so is a number that came before

The auditor commits first, the public draw (lottery numbers, say) comes later: the province could not
know what would be asked when it published the root, nor the auditor when committing.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway_verify.sampling.bound import MOST_DRAWN

FIELDS, SUBMISSIONS, RECORDS = "fields", "submissions", "records"
FRAMES = (FIELDS, SUBMISSIONS, RECORDS)

YEARLY = 299
"""So many right ones and none wrong show that fewer than 1 % are wrong, at 95 %."""

MONTHS = 12


def frame_of(said: Mapping[str, Any], member: str = "frame") -> str:
    """The frame that a leaf, body or request is about."""
    return str(said.get(member, FIELDS))


def share(units: int, year_units: int) -> int:
    """How many of a month's units are drawn: YEARLY x units / year_units rounded up, all where fewer.

    A month that alone has more units than were expected of the year gives YEARLY. Raises ValueError
    unless units >= 0 and year_units > 0.
    """
    if units < 0 or year_units < 1:
        raise ValueError("a month has units, and a year at least one")
    expected = max(units, year_units)
    return min(units, -(-YEARLY * units // expected))


NONCE_BYTES = 32


def commitment(nonce: bytes) -> bytes:
    """What is published of the nonce before the public draw; raises ValueError for another length."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 32 bytes")
    return sha256(nonce).digest()


def draw_numbers(root: bytes, nonce: bytes, draw: bytes, units: int, count: int) -> list[int]:
    """So many different numbers below `units`, or all of them; raises ValueError without a draw."""
    if not draw or count > MOST_DRAWN:
        raise ValueError("there is a public draw, and a sample that can be opened")
    wanted, head = min(count, units), sha256(root + nonce + draw)
    numbers: dict[int, None] = {}
    block = 0
    while len(numbers) < wanted:
        one = head.copy()
        one.update(block.to_bytes(8, "big"))
        number = int.from_bytes(one.digest(), "big")
        if number < (1 << 256) // units * units:
            numbers.setdefault(number % units)
        block += 1
    return list(numbers)
