"""Which encoding a text file is in, and its text as a stream.

The order: a byte order mark; zero bytes where UTF-16 and UTF-32 have them; strict UTF-8; what is left is cp1252, line
by line, with latin-1 for the five bytes that cp1252 leaves open. Statistical detectors are not asked: for short Spanish
texts they answer cp1250, which turns every ñ into ń.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from perito_validation.source import Note

BLOCK = 1 << 20
_LOOK = 4 << 10
_LATIN1 = "perito-latin1"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ZEROS = (
    ("utf-32-le", 4, (1, 2, 3), (0,)),
    ("utf-32-be", 4, (0, 1, 2), (3,)),
    ("utf-16-le", 2, (1,), (0,)),
    ("utf-16-be", 2, (0,), (1,)),
)
"""Encoding, bytes of a unit, which of them are zero for Latin letters, and which never."""
_ZERO_SHARE = 0.6
"""Of the units that have their zeros; the others are letters beyond Latin."""


@dataclass(frozen=True)
class Encoding:
    """`name` is Python's name, or `cp1252`, or `mixed` (UTF-8 and cp1252 by line); `why` what it rests on; `mark` the
    length of the byte order mark; `line` and `byte` the first place that is not UTF-8."""

    name: str
    why: str
    mark: int = 0
    line: int | None = None
    byte: int | None = None

    def notes(self, replaced: int = 0) -> tuple[Note, ...]:
        """What is to be told: that the file was not plain UTF-8, and characters that could not be decoded."""
        found = [Note("decoded", 1, self.name, "utf-8", self.line)] if self.name not in {"utf-8", "ascii"} else []
        return (
            (*found, Note("replaced_character", replaced, "", "\N{REPLACEMENT CHARACTER}")) if replaced else (*found,)
        )


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_LATIN1, _as_latin1)


def find_encoding(path: Path) -> Encoding:
    """The encoding of a text file; reads it whole where its beginning does not say it."""
    marked = marked_encoding(path)
    if marked is not None:
        return marked
    with path.open("rb") as file:
        return _eight_bits(path, len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0)


def marked_encoding(path: Path) -> Encoding | None:
    """UTF-16 or UTF-32, which the first bytes tell; None for all others."""
    with path.open("rb") as file:
        start = file.read(_LOOK)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name, "byte order mark", len(mark))
    for name, unit, zero, filled in _ZEROS:
        units = len(start) // unit
        has_zeros = units > 1 and all(_zeros(start, at, unit) >= _ZERO_SHARE * units for at in zero)
        if has_zeros and not any(_zeros(start, at, unit) for at in filled):
            return Encoding(name, "zero bytes where Latin letters have them")
    return None


def _zeros(data: bytes, at: int, unit: int) -> int:
    return data[at : len(data) // unit * unit : unit].count(0)


def _eight_bits(path: Path, mark: int) -> Encoding:
    why = "byte order mark" if mark else "valid UTF-8"
    lines, offset, first, both = 0, 0, None, False
    for block in _line_blocks(path):
        if not block.isascii():
            try:
                block.decode()
                both = True
            except UnicodeDecodeError:
                for number, line in enumerate(block.split(b"\n")):
                    bad = _first_bad(line)
                    both = both or (bad is None and not line.isascii())
                    if bad is not None and first is None:
                        begins = sum(len(before) + 1 for before in block.split(b"\n")[:number])
                        first = (lines + number + 1, offset + begins + bad)
        lines += block.count(b"\n")
        offset += len(block)
    if first is None:
        return Encoding("utf-8", why, mark)
    if both or mark:
        return Encoding("mixed", "some lines are UTF-8, others are not", mark, *first)
    return Encoding("cp1252", "not UTF-8", mark, *first)


def _first_bad(line: bytes) -> int | None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _line_blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks that end with a line, or at twice `BLOCK` where a line is longer."""
    tail = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            block = tail + block  # what was left belongs before it
            cut = block.rfind(b"\n") + 1
            if not cut and len(block) >= 2 * BLOCK:
                cut = len(block)
            tail = block[cut:]
            if cut:
                yield block[:cut]
    if tail:
        yield tail


class TextStream:
    """The text of a file in chunks. `replaced` counts characters that could not be decoded, known at the end."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.path = path
        self.encoding = encoding
        self.replaced = 0

    def __iter__(self) -> Iterator[str]:
        if self.encoding.name in {"cp1252", "mixed"}:
            yield from self._by_line()
            return
        decoder = codecs.getincrementaldecoder(self.encoding.name)("replace")
        with self.path.open("rb") as file:
            file.seek(self.encoding.mark)
            while block := file.read(BLOCK):
                yield self._counted(decoder.decode(block))
        yield self._counted(decoder.decode(b"", final=True))

    def _by_line(self) -> Iterator[str]:
        cut = self.encoding.mark
        for block in _line_blocks(self.path):
            data, cut = block[cut:], 0
            try:
                yield data.decode()
            except UnicodeDecodeError:
                yield "".join(_by_itself(line) for line in data.splitlines(keepends=True))

    def _counted(self, text: str) -> str:
        self.replaced += text.count("\N{REPLACEMENT CHARACTER}")
        return text


def _by_itself(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", _LATIN1)
