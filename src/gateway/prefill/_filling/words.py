"""Numbers and dates written out in Vietnamese words, as declarations want them."""

from gateway.domain.facts import PartialDate

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", " nghìn", " triệu", " tỷ")


def number_in_words(number: int) -> str:
    """Write out a number from 0 to 10^18 - 1: 105 is `một trăm linh năm`; ValueError beyond."""
    if not 0 <= number < 10**18:
        raise ValueError("only numbers from 0 to 10^18 - 1 are written out")
    if number == 0:
        return _DIGITS[0]
    billions, rest = divmod(number, 10**9)
    words = [f"{number_in_words(billions)} tỷ"] if billions else []
    words += _below_a_billion(rest, bool(billions))
    return " ".join(words)


def amount_in_words(dong: int) -> str:
    """Write out an amount of money in đồng, with a capital letter."""
    text = f"{number_in_words(dong)} đồng"
    return text[0].upper() + text[1:]


def date_in_words(when: PartialDate) -> str:
    """Write out a full date: `Ngày mười lăm tháng một năm một nghìn chín trăm chín mươi`.

    Raises ValueError for a date whose day is not known.
    """
    if when.day is None or when.month is None:
        raise ValueError("only a full date is written out")
    month = "tư" if when.month == 4 else number_in_words(when.month)
    return f"Ngày {number_in_words(when.day)} tháng {month} năm {number_in_words(when.year)}"


def _below_a_billion(number: int, follows: bool) -> list[str]:
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            words.append(_three_digits(group, follows or bool(words)) + _GROUPS[power])
    return words


def _three_digits(number: int, follows: bool) -> str:
    """Three digits; after a higher group the hundreds are always said."""
    hundreds, rest = divmod(number, 100)
    words = [f"{_DIGITS[hundreds]} trăm"] if hundreds or follows else []
    tens, units = divmod(rest, 10)
    if tens == 0 and units and words:
        words.append("linh")
    elif tens == 1:
        words.append("mười")
    elif tens > 1:
        words.append(f"{_DIGITS[tens]} mươi")
    if units:
        words.append(_unit(units, tens))
    return " ".join(words)


def _unit(units: int, tens: int) -> str:
    if units == 1 and tens > 1:
        return "mốt"
    if units == 5 and tens:
        return "lăm"
    if units == 4 and tens > 1:
        return "tư"
    return _DIGITS[units]
