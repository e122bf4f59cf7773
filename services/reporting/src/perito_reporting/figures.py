"""How values are written for machines: numbers as plain decimal text, texts cut at a stated length."""

import re
from decimal import Decimal

DECIMAL = re.compile(r"-?\d+(\.\d+)?")
CELL = 60
"""Characters of a cell that the page shows; report.json has them all."""
SENTENCES = 1_200
"""Characters of a rule's explanation that the page shows."""


def plain(value: Decimal | int | str | None) -> str | None:
    """A decimal number without exponent and trailing zeros; other text as it is; None stays None."""
    if value is None:
        return None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if DECIMAL.fullmatch(text) and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clip(text: str, most: int = 400) -> str:
    """At most `most` characters, with an ellipsis where something was left out."""
    return text if len(text) <= most else text[: most - 1] + "…"
