"""Text that was decoded twice: UTF-8 read as Windows-1252 or Latin-1 (`Ã¼` where `ü` was written), and how to undo it.

Nothing is repaired by it; it tells what the text would be, so that a person can judge.
"""

import re

_SPECIALS = {bytes([byte]).decode("cp1252", "ignore"): byte for byte in range(0x80, 0xA0)}
_SPECIALS.pop("", None)
_AFTER = "".join(_SPECIALS) + "\u0080-\u00bf"
ODD = f"[\u00c2-\u00f4][{_AFTER}]"
"""Regular expression of a sequence that UTF-8 makes of one character when it is read byte by byte."""

_ODD = re.compile(ODD)
_RUN = re.compile(f"[{_AFTER}\u00c0-\u00ff]+")


def undecoded(text: str) -> str:
    """The text with its odd sequences read as UTF-8, where that leaves fewer of them; otherwise ""."""
    found = _RUN.sub(lambda run: _as_utf8(run[0]), text)
    return found if len(_ODD.findall(found)) < len(_ODD.findall(text)) else ""


def odd_parts(text: str) -> str:
    """Only the runs that would change, before and after (`Ã¼ > ü`): nothing of the words around them is told."""
    runs = [run[0] for run in _RUN.finditer(text)]
    changed = {run: _as_utf8(run) for run in runs if _as_utf8(run) != run}
    return ", ".join(f"{before} > {after}" for before, after in changed.items())


def _as_utf8(run: str) -> str:
    """The run's bytes as UTF-8. Bytes that Windows-1252 leaves undefined were kept as control characters."""
    try:
        return bytes(_SPECIALS.get(c, ord(c) & 0xFF) for c in run).decode("utf-8")
    except UnicodeDecodeError:
        return run
