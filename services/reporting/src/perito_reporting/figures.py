"""How numbers are written: for machines as plain decimal text, for people with separators and currency."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

_DECIMAL = re.compile(r"-?\d+(\.\d+)?")


def plain(value: Decimal | int | str | None) -> str | None:
    """A decimal number without exponent and trailing zeros; other text as it is; None stays None."""
    if value is None:
        return None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if _DECIMAL.fullmatch(text) and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def grouped(value: Decimal | int | str | None, places: int | None = None) -> str:
    """1234567.5 as "1,234,567.5" with a real minus sign; text that is no number as it is; None as a dash.

    `places` rounds half to even and shows that many decimals.
    """
    if value is None:
        return "–"
    text = plain(value) or ""
    if not _DECIMAL.fullmatch(text):
        return text
    number = Decimal(text)
    if places is not None:
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return f"{number:,f}".replace("-", "−") if number else f"{abs(number):,f}"


def money(amount: Decimal | str | None, currency: str) -> str:
    """An amount for people: no decimals from a thousand on and for nothing, two else; currency code in front."""
    if amount is None:
        return "–"
    number = Decimal(amount)
    places = 0 if abs(number) >= 1000 or not number else 2
    return f"{currency} {grouped(number, places)}".strip()
