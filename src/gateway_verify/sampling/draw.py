"""Which of all units does a sample ask about, so that neither side could have chosen?

    commitment   SHA-256(nonce); the nonce is 32 random bytes of the auditor's, shown after the draw
    block n      SHA-256(root || nonce || draw || n): root the 32 bytes of the root that the request
                 names, draw the bytes of the public draw, n 8 bytes big-endian, counted from 0
    number       the block as a big-endian integer, modulo the count of units; a block of at least the
                 largest multiple of that count within 2^256 is passed over, so is a number that came before

The auditor commits first, the public draw (lottery numbers, say) comes later: the province could not
know what would be asked when it published the root, nor the auditor when committing.
"""

from hashlib import sha256

from gateway_verify.sampling.bound import MOST_DRAWN

NONCE_BYTES = 32


def commitment(nonce: bytes) -> bytes:
    """What is told of the nonce before the public draw; raises ValueError for another length."""
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
