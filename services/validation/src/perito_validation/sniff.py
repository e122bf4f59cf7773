"""Finds a CSV file's dialect: which mark divides its cells, and what its header says.

Our own, because an engine's sniffer answers with another dialect where rows are ragged and renames headers in silence.
The answer is passed to every later reader; nobody guesses a second time.
"""

import csv
import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from perito_kernel.errors import Invalid

from perito_validation.source import check_width

SAMPLE_BYTES = 256 << 10
csv.field_size_limit(1 << 30)  # lines are bounded by the prescan; the module's own bound would stop at 128 KiB
SAMPLE_LINES = 500
DELIMITERS = (",", ";", "\t", "|")
QUOTE = '"'
BOM = b"\xef\xbb\xbf"

_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written. `header_line` is 1-based and greater than 1 where blank lines come first."""

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    bom: bool

    @property
    def width(self) -> int:
        """Number of cells in every record."""
        return len(self.header)


def is_parquet(path: Path) -> bool:
    """True where the file begins as Parquet files do."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def sniff(path: Path, name: str) -> Dialect:
    """The dialect of the file at `path`, which people know as `name`.

    Raises `Invalid`: INTAKE_EMPTY, INTAKE_FORMAT (no text that can be read here), INTAKE_LINE_TOO_LONG, INTAKE_HEADER.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
        whole = not file.read(1)
    _check_signature(sample, name)
    bom = sample.startswith(BOM)
    text = sample.removeprefix(BOM).decode("utf-8", "replace")
    lines = text.split("\n")
    if not whole:
        if len(lines) == 1:
            message = f"{name}: the first line is longer than {SAMPLE_BYTES} bytes. Check that it is a text table."
            raise Invalid("INTAKE_LINE_TOO_LONG", message, {"file": name, "line": 1})
        lines.pop()  # cut by the end of the sample
    filled = [(number, line.removesuffix("\r")) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        message = f"{name} is empty. Export it again, or take it out of the mapping."
        raise Invalid("INTAKE_EMPTY", message, {"file": name})
    return _dialect(filled, bom, name)


def _check_signature(sample: bytes, name: str) -> None:
    for start, what in _SIGNATURES:
        if sample.startswith(start):
            message = f"{name} is {what}. Save it as CSV in UTF-8 or as Parquet and upload it again."
            raise Invalid("INTAKE_FORMAT", message, {"file": name})


def _dialect(lines: list[tuple[int, str]], bom: bool, name: str) -> Dialect:
    texts = [line for _, line in lines[:SAMPLE_LINES]]
    delimiter = max(DELIMITERS, key=lambda mark: _fit(texts, mark))
    number, first = lines[0]
    try:
        header = tuple(next(csv.reader([first], delimiter=delimiter, quotechar=QUOTE, strict=True)))
    except csv.Error as error:
        message = f"{name}, line {number}: the header cannot be read ({error}). Mend that line."
        raise Invalid("INTAKE_HEADER", message, {"file": name, "line": number}) from error
    check_width(len(header), name, number)
    if not any(cell.strip() for cell in header):
        message = f"{name}, line {number}: the header is blank. The first line must name the columns."
        raise Invalid("INTAKE_HEADER", message, {"file": name, "line": number})
    return Dialect(delimiter, header, number, bom)


def _fit(lines: list[str], mark: str) -> tuple[int, float, int]:
    """How well a mark divides these lines: does it divide the header, the share of lines as wide as it, width."""
    rows = csv.reader(lines, delimiter=mark, quotechar=QUOTE)
    try:
        widths = [len(row) for row in itertools.islice(rows, SAMPLE_LINES)]
    except csv.Error:  # a carriage return alone; the prescan says where
        return 0, 0.0, 0
    if not widths or widths[0] < 2:
        return 0, 0.0, 0
    return 1, Counter(widths)[widths[0]] / len(widths), widths[0]
