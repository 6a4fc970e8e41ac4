"""Date texts made by chance: ISO 8601, RFC 2822, what people write, and what is none."""

from random import Random

_PIECES = [
    "2024", "09", "26", "9", "1", "0", "00", "31", "13", "99", "50", "49", "1900", "0001", "24",
    "23", "59", "60", "07", "0000", "123456", "+002024", "-000001", "20240926", "-", "/", ":", ".",
    ",", "T", "t", "Z", "z", " ", "  ", "W05", "+", "+07:00", "+0700", "-05", "+15:00", "AM", "pm",
    "Sep", "september", "Thu, ", "UTC", "GMT", "EST", "(x)", "(", ")", "x", "nữ", "\u00a0", "2024-269",
    "10:30", "10:30:15", ".1234567", "2024-09-26", "2024-W39-4", "09/26/2024", "26/09/2024",
    "26 Sep 2024 10:00", "/Date(1000)/", "\t", "\ufeff", "1943-01-01", "1975-06-13", "24:00",
]  # fmt: skip
_CLOCKS = [
    " 10:20", "T10:20:30", " 10:20:30 PM", " 0:00", " 12:00 am", " 24:00", " 7", " 10:20:30.5",
    " 10:20+7", " 10:20 GMT+0700 (Indochina Time)", "T24:00:01", "T10:20:30,123456Z", " 10:20 Z",
    "T10:20-12:30", "T10:20+14:01", "t10:20+0700",
]  # fmt: skip


def date_text(chance: Random) -> str:
    """One text."""
    draw = chance.random()
    if draw < 0.3:
        return "".join(chance.choice(_PIECES) for _ in range(chance.randint(1, 7)))
    date = _written(chance) if draw < 0.55 else _iso(chance) if draw < 0.9 else _mailed(chance)
    return date + (chance.choice(_CLOCKS) if chance.random() < 0.4 else "")


def _written(chance: Random) -> str:
    """`26/09/2024`, `09-2024`, `2024.9`, and the same with impossible parts."""
    day, month = chance.randint(0, 33), chance.randint(0, 14)
    year = chance.choice([2024, chance.randint(0, 99), chance.randint(0, 2400)])
    parts = [f"{day:0{chance.randint(1, 2)}d}", f"{month:02d}", f"{year:0{chance.randint(1, 4)}d}"]
    if chance.random() < 0.3:
        chance.shuffle(parts)
    return chance.choice("/-. ").join(parts[: chance.choice([1, 2, 3, 3, 3])])


def _iso(chance: Random) -> str:
    year = chance.choice([2024, chance.randint(1900, 2030), chance.randint(0, 9999)])
    month, day = chance.randint(0, 13), chance.randint(0, 32)
    return chance.choice([
        f"{year:04d}-{month:02d}-{day:02d}",
        f"{year:04d}{month:02d}{day:02d}",
        f"{year:04d}-{month:02d}",
        f"{year:04d}-W{chance.randint(0, 54):02d}-{chance.randint(0, 8)}",
        f"{year:04d}W{chance.randint(0, 54):02d}{chance.randint(0, 8)}",
        f"{year:04d}-{chance.randint(0, 368):03d}",
        f"{chance.randint(-280000, 280000):+07d}-{month:02d}-{day:02d}",
    ])  # fmt: skip


def _mailed(chance: Random) -> str:
    weekday = chance.choice(["Thu, ", "Thu ", "", "Mon, "])
    clock = f"{chance.randint(0, 25):02d}:{chance.randint(0, 61):02d}"
    zone = chance.choice(["+0700", "GMT", "EST", "Z", "A", ""])
    month, year = chance.choice(["Sep", "sep", "(c) Sep"]), chance.choice(["2024", "24", "124"])
    return f"{weekday}{chance.randint(0, 32)} {month} {year} {clock} {zone}"
