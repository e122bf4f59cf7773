"""Writes pieces of a mapping as YAML that reads back as what was meant, whatever the books call their columns."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from perito_validation.proposal.tables import Book

_PLAIN = re.compile(r"[^\W\d_][\w .()/+-]*", re.ASCII)
_WORDS_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def scalar(text: str) -> str:
    """One text as a YAML scalar: plain where it can be, in double quotes where it must."""
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS_OF_YAML:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def flow(value: object) -> str:
    """A value in YAML's flow style, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # parts of our own mapping
        return f"{{{pairs}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(flow(item) for item in value)}]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # the same
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int) else scalar(str(value))


def comment(text: str) -> str:
    """A text that may stand behind a #: on one line."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def line(book: Book, place: str, value: object, *, commented: bool = False) -> str:
    """A line to put into the mapping, below the place it belongs to."""
    *above, name = place.split(" > ")
    where = comment(" > ".join([f"files > {book.source.name} > tables", *above]))
    text = f"{name}: {flow(value)}"
    return f"# {where}\n{'# ' if commented else ''}{text}"
