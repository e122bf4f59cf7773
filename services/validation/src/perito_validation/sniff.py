"""Finds a CSV file's dialect: which mark divides its cells, where its header stands and what it says.

Our own, because an engine's sniffer answers with another dialect where rows are ragged and renames headers in silence.
The answer is passed to every later reader; nobody guesses a second time.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perito_kernel.errors import Invalid

from perito_validation.limits import MAX_LINE
from perito_validation.source import check_width

SAMPLE_BYTES = MAX_LINE
csv.field_size_limit(1 << 30)  # lines are bounded by their readers; the module's own bound would stop at 128 KiB
SAMPLE_LINES = 500
DELIMITERS = (",", ";", "\t", "|", "^", "~")
QUOTE = '"'
BOM = b"\xef\xbb\xbf"
TOTAL = re.compile(
    r"(grand\s*|sub\s*)?tota(l|les|ls)(\s*(general|geral|general:))?\s*:?|sum(a|ma|me)?\s*:?", re.IGNORECASE
)
"""A cell that says that its line adds up those above, in English, Spanish and their neighbours."""

_TAIL_BYTES = 8 << 10
_BINARY_SHARE = 0.05
_BINARY_LEAST = 8
"""Control characters beyond which a file is no text: this share, and more than a few. Fewer cost their records only."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\v\f\x1a\x1b"))
_LINE_END = re.compile(r"\r\n|\n|\r")
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_NO_LABEL = re.compile(r"[-+]?[\d.,'\s/:%]*\d[\d.,'\s/:%]*")
_TITLE_LINES = 50

_SIGNATURES = (
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ", "xz"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a rar archive"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90", "a program"),
    (0, b"{\\rtf", "a text document"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"<?xml", "XML"),
    (257, b"ustar", "a tar archive"),
)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written. `header_line` is 1-based and greater than 1 where blank lines or a preamble come
    first; `preamble` are the lines above it that are not blank."""

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    bom: bool
    preamble: tuple[str, ...] = ()
    is_plain: bool = True
    """False where the header goes on in the next line; `header` is what stands in its first one then."""

    @property
    def width(self) -> int:
        """Number of cells in every record."""
        return len(self.header)


def sniff(path: Path, name: str) -> Dialect:
    """The dialect of the UTF-8 file at `path`, which people know as `name`.

    Raises `Invalid`: INTAKE_EMPTY, INTAKE_FORMAT (no text that can be read here), INTAKE_LINE_TOO_LONG, INTAKE_HEADER,
    INTAKE_TOO_WIDE.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
        whole = not file.read(1)
    _check_content(sample, name)
    bom = sample.startswith(BOM)
    lines = _LINE_END.split(sample.removeprefix(BOM).decode("utf-8", "replace"))
    if not whole:
        if len(lines) == 1:
            message = f"{name}: the first line is longer than {SAMPLE_BYTES:,} bytes. Check that it is a text table."
            raise Invalid("INTAKE_LINE_TOO_LONG", message, {"file": name, "line": 1})
        lines.pop()  # cut by the end of the sample
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip("\0 \t\v\f")]
    if not filled:
        message = f"{name} is empty. Export it again, or take it out of the mapping."
        raise Invalid("INTAKE_EMPTY", message, {"file": name})
    return _dialect(filled[:SAMPLE_LINES], bom, name)


def _check_content(sample: bytes, name: str) -> None:
    what = next((what for at, mark, what in _SIGNATURES if sample[at : at + len(mark)] == mark), None)
    if what is None and len(sample) - len(sample.translate(None, _CONTROLS)) > max(
        _BINARY_LEAST, _BINARY_SHARE * len(sample)
    ):
        what = "no text"
    if what is not None:
        message = f"{name} is {what}, not a table. Export it as CSV, XLSX, JSON or Parquet and upload it again."
        raise Invalid("INTAKE_FORMAT", message, {"file": name})


def _dialect(lines: Sequence[tuple[int, str]], bom: bool, name: str) -> Dialect:
    declared = _SEPARATOR.fullmatch(lines[0][1])
    if declared and len(lines) > 1:
        return _at(lines[1], declared.group(1), name, bom, (lines[0][1],))
    first = [(mark, _split_all(lines, mark)) for mark in DELIMITERS]
    delimiter, rows = max(first, key=lambda pair: _fit([len(row) for row in pair[1]]))
    at = header_row(rows)
    return _at(lines[at], delimiter, name, bom, tuple(text for _, text in lines[:at]))


def _at(line: tuple[int, str], delimiter: str, name: str, bom: bool, preamble: tuple[str, ...]) -> Dialect:
    """The dialect of a file with this header."""
    number, text = line
    is_plain = True
    try:
        header = tuple(next(csv.reader([text], delimiter=delimiter, quotechar=QUOTE, strict=True)))
    except csv.Error as error:
        if text.count(QUOTE) % 2 == 0:
            message = f"{name}, line {number}: the header cannot be read ({error}). Mend that line."
            raise Invalid("INTAKE_HEADER", message, {"file": name, "line": number}) from error
        header, is_plain = tuple(text.split(delimiter)), False
    check_width(len(header), name, number)
    if not any(cell.strip("\0 ") for cell in header):
        message = f"{name}, line {number}: the header is blank. The first line must name the columns."
        raise Invalid("INTAKE_HEADER", message, {"file": name, "line": number})
    return Dialect(delimiter, header, number, bom, preamble, is_plain)


def _split_all(lines: Sequence[tuple[int, str]], mark: str) -> list[list[str]]:
    """Cells of each line by itself, so that a quote that does not close costs one line."""
    return [next(csv.reader([line], delimiter=mark, quotechar=QUOTE), list[str]()) for _, line in lines]


def _fit(widths: Sequence[int]) -> tuple[int, float, int]:
    """How well a mark divides these lines: does it divide the first as it divides half of all, the share of lines as
    wide as most, their width."""
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0, 0.0, 0
    width, count = max(wide.items(), key=lambda pair: (pair[1], pair[0]))
    own = wide[widths[0]]
    if widths[0] > 1 and 2 * own >= len(widths):
        return 2, own / len(widths), widths[0]
    return 1, count / len(widths), width


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows names the columns: the first one, unless it is a title above the table.

    A title fills less than half of the columns that most rows fill; the header fills them with labels.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = max(Counter(filled[1:]).items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))[0]
    for at, (row, count) in enumerate(zip(rows[:_TITLE_LINES], filled, strict=False)):
        if 2 * count > usual or usual < 2:  # a table of one column has no titles that could be told
            is_header = at == 0 or not any(_NO_LABEL.fullmatch(cell.strip()) for cell in row if cell.strip())
            return at if is_header else 0
    return 0


def ends_in_total(path: Path, dialect: Dialect) -> bool:
    """Does the last line of the UTF-8 file add up those above it?"""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    lines = [line for line in codecs.decode(tail, "utf-8", "replace").splitlines() if line.strip()]
    if len(lines) < 2 or len(lines[-1]) >= _TAIL_BYTES // 2:  # a header and something below it
        return False
    return is_total(next(csv.reader([lines[-1]], delimiter=dialect.delimiter, quotechar=QUOTE), list[str]()))


def is_total(cells: Sequence[str]) -> bool:
    """Is this row a sum of those above: a word for total first, blank cells, and figures?"""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 1 < len(filled) < len(cells) and bool(TOTAL.fullmatch(filled[0])) and _is_figure(filled[-1])


def _is_figure(text: str) -> bool:
    return any(character.isdigit() for character in text)
