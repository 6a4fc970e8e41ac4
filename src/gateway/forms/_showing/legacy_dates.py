"""Parse date texts that are neither ISO 8601 nor RFC 2822, such as `09/26/2024`, as V8 does.

ECMA-262 leaves such texts to the engine. This follows the legacy parser of V8, the engine of
node and Chrome (`src/date/dateparser-inl.h`): numbers become the parts of a date or of a time of
day in the order in which they stand, words are months, `am`/`pm` and zones, and anything odd
after a number makes the text no date. A date of three numbers is month first, whatever the form
says of its order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.forms._showing.date_tokens import END, SIGNIFICANT_DIGITS, DateToken, tokens_of

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_ZONES: Final = {"utc": 0, "ut": 0, "z": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5} | {
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_NOON: Final = {"am": 0, "pm": 12}


@dataclass(frozen=True, slots=True)
class LegacyDate:
    """What a text names: `clock` in milliseconds, `ahead` seconds before UTC or None for local."""

    year: int
    month: int
    day: int
    clock: int
    ahead: int | None


def parse_legacy(text: str) -> LegacyDate | None:
    """The date of a text, None where V8 says «Invalid Date»."""
    parser = _Parser(tokens_of(text))
    return parser.date() if parser.iso() and parser.legacy() else None


@dataclass(slots=True)
class _Parser:
    tokens: Iterator[DateToken]
    ahead: list[DateToken] = field(default_factory=list)
    day: list[int] = field(default_factory=list)
    named_month: int | None = None
    time: list[int] = field(default_factory=list)
    noon: int | None = None
    sign: int | None = None
    hours: int | None = None
    minutes: int | None = None
    is_iso: bool = False
    read_number: bool = False

    def peek(self) -> DateToken:
        if not self.ahead:
            self.ahead.append(next(self.tokens, END))
        return self.ahead[-1]

    def next(self) -> DateToken:
        return self.ahead.pop() if self.ahead else next(self.tokens, END)

    def skip(self, kind: str) -> bool:
        found = self.peek().kind == kind
        if found:
            self.ahead.pop()
        return found

    def fixed(self, length: int, least: int = 0, most: int = 10**9) -> bool:
        token = self.peek()
        return token.kind == "number" and token.length == length and least <= token.number <= most

    # ECMA-262, Date Time String Format; what it cannot use is left to the legacy parser.

    def iso(self) -> bool:
        """Read what stands in ISO form; False where a time of day after `T` is broken."""
        if self.peek().kind in "+-":
            token = self.next()
            sign = 1 if token.kind == "+" else -1
            if not self.fixed(6) or (sign < 0 and self.peek().number == 0):
                self.ahead.append(token)
                return True
            self.day.append(sign * self.next().number)
        elif self.fixed(4):
            self.day.append(self.next().number)
        else:
            return True
        if not self._iso_month_and_day():
            return True
        if self.peek().kind == "word" and self.peek().text == "t" and self.peek().length == 1:
            self.next()
            if not self._iso_time() or self.peek() is not END:
                return False
        elif self.peek() is not END:
            return True
        if self.hours is None and not self.time:
            self._zone(0)
        self.is_iso = True
        return True

    def _iso_month_and_day(self) -> bool:
        for most in (12, 31):
            if not self.skip("-"):
                return True
            if not self.fixed(2, 1, most):
                return False
            self.day.append(self.next().number)
        return True

    def _iso_time(self) -> bool:
        if not self.fixed(2, 0, 24):
            return False
        midnight = self.peek().number == 24
        self.time.append(self.next().number)
        if not self.skip(":") or not self.fixed(2, 0, 0 if midnight else 59):
            return False
        self.time.append(self.next().number)
        if self.skip(":"):
            if not self.fixed(2, 0, 0 if midnight else 59):
                return False
            self.time.append(self.next().number)
            if self.skip("."):
                if self.peek().kind != "number" or (midnight and self.peek().number):
                    return False
                self.time.append(_thousandths(self.next()))
        return self._iso_zone()

    def _iso_zone(self) -> bool:
        token = self.peek()
        if token.kind == "word" and token.text == "z" and token.length == 1:
            self.next()
            self._zone(0)
        elif token.kind in "+-":
            self.sign = 1 if self.next().kind == "+" else -1
            if self.fixed(4):
                self.hours, self.minutes = divmod(self.next().number, 100)
                return self.hours <= 23 and self.minutes <= 59
            if not self.fixed(2, 0, 23):
                return False
            self.hours = self.next().number
            if not self.skip(":") or not self.fixed(2, 0, 59):
                return False
            self.minutes = self.next().number
        return True

    def _zone(self, hours: int) -> None:
        self.sign, self.hours, self.minutes = -1 if hours < 0 else 1, abs(hours), 0

    # The legacy parser proper.

    def legacy(self) -> bool:
        """Read the rest, sign by sign; False where V8 gives up."""
        self.read_number = bool(self.day)
        while (token := self.next()) is not END:
            if token.kind == "number":
                self.read_number = True
                going_on = self._number(token)
            elif token.kind == "word":
                going_on = self._word(token)
            elif token.kind in ("+", "-") and (self._in_utc() or self.time):
                going_on = self._offset(token)
            else:
                going_on = not (token.kind in ("+", "-", ")") and self.read_number)
            if not going_on:
                return False
        return True

    def _number(self, token: DateToken) -> bool:
        number = token.number
        if self.skip(":"):
            return self._clock_part(number)
        if self.skip(".") and self._expects_time(number):
            return self._fraction(number)
        if self.hours is not None and self.minutes is None and number <= 59:
            self.minutes = number
            return True
        if self._expects_time(number):
            self._finish_time(number)
            after = self.peek()
            a_zone = after.kind == "word" and after.length == 1 and after.text in _ZONES
            return after is END or after.kind in ("blank", "+", "-") or a_zone
        return self._day_part(number)

    def _clock_part(self, number: int) -> bool:
        if self.skip(":"):
            if self.time:
                return False
            self.time += [number, 0]
            return True
        if len(self.time) == 4:
            return False
        self.time.append(number)
        self.skip(".")
        return True

    def _fraction(self, number: int) -> bool:
        self.time.append(number)
        if self.peek().kind != "number":
            return False
        self._finish_time(_thousandths(self.next()))
        return True

    def _day_part(self, number: int) -> bool:
        if len(self.day) == 3:
            return False
        self.day.append(number)
        self.skip("-")
        return True

    def _expects_time(self, number: int) -> bool:
        return number <= {1: 59, 2: 59, 3: 999}.get(len(self.time), -1)

    def _finish_time(self, number: int) -> None:
        self.time = [*self.time, number, 0, 0, 0][:4]

    def _word(self, token: DateToken) -> bool:
        short = token.length <= 3
        if short and token.text in _NOON and self.time:
            self.noon = _NOON[token.text]
        elif token.text in _MONTHS:
            self.named_month = _MONTHS.index(token.text) + 1
            self.skip("-")
        elif short and token.text in _ZONES and self.read_number:
            self._zone(_ZONES[token.text])
        else:
            return not self.read_number and self.peek().kind != "number"
        return True

    def _in_utc(self) -> bool:
        return self.hours == 0 and self.minutes == 0

    def _offset(self, token: DateToken) -> bool:
        self.sign = 1 if token.kind == "+" else -1
        number, length = 0, 0
        if self.peek().kind == "number":
            following = self.next()
            number, length = following.number, following.length
        self.read_number = True
        if self.peek().kind == ":":
            self.hours, self.minutes = number, None
        elif length in (1, 2):
            self.hours, self.minutes = number, 0
        elif length in (3, 4):
            self.hours, self.minutes = divmod(number, 100)
        else:
            return False
        return True

    def date(self) -> LegacyDate | None:
        """What the numbers make together."""
        clock = self._clock()
        parts = self._parts()
        if clock is None or parts is None:
            return None
        ahead = None
        if self.sign is not None:
            seconds = ((self.hours or 0) * 3600 + (self.minutes or 0) * 60) % 2**32
            if seconds >= 2**31:
                return None
            ahead = self.sign * seconds
        return LegacyDate(*parts, clock, ahead)

    def _parts(self) -> tuple[int, int, int] | None:
        if not self.day:
            return None
        one, two, three = (*self.day, 1, 1)[:3]
        in_month = 1 <= one <= 31
        if self.named_month is None:
            in_order = self.is_iso or not in_month
            year, month, day = (one, two, three) if in_order else (three, one, two)
        elif len(self.day) == 1:
            year, month, day = (
                (1, self.named_month, one) if in_month else (one, self.named_month, 1)
            )
        else:
            year, month = (two, self.named_month) if in_month else (one, self.named_month)
            day = one if in_month else two
        if not self.is_iso and 0 <= year <= 99:
            year += 2000 if year <= 49 else 1900
        return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None

    def _clock(self) -> int | None:
        hour, minute, second, thousandths = (*self.time, 0, 0, 0, 0)[:4]
        if self.noon is not None:
            if hour > 12:
                return None
            hour = hour % 12 + self.noon
        whole = hour <= 23 and minute <= 59 and second <= 59 and thousandths <= 999
        if not whole and (hour, minute, second, thousandths) != (24, 0, 0, 0):
            return None
        return ((hour * 60 + minute) * 60 + second) * 1000 + thousandths


def _thousandths(token: DateToken) -> int:
    length = min(token.length, SIGNIFICANT_DIGITS)
    return int(token.number * 10.0 ** (3 - length))
