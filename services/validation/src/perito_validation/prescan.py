"""Reads every byte of a CSV file once, before any parser does, and proves what a parser must then deliver.

DuckDB's CSV reader is fast and loses rows in silence where quotes do not close, lines are very long or line ends are
mixed. This scan counts records by itself: what is irregular is either cut out as a rejected record, with its line and
text, or the whole file is refused with the place and a remedy. What is left is rectangular, and the parser must return
exactly that many rows. Blocks are vectorised with numpy; memory does not grow with the file, only with its defects.
"""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from perito_kernel.errors import Invalid

from perito_validation.limits import MAX_LINE, MAX_RAW, MAX_REJECTED_KEPT
from perito_validation.rectangle import rectangle
from perito_validation.sniff import BOM, QUOTE, Dialect
from perito_validation.source import RejectedRecord, check_blank, check_rejected

BLOCK = 1 << 20
"""Bytes looked at at once. The arrays of a block of line ends alone take 100 times its size."""
MAX_ODD = 1

Positions = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """A record's text and its number among the regular records (0-based), to check the parser's numbering by."""

    ordinal: int
    text: str


@dataclass
class Prescan:
    """What stands in the file. `cuts` are byte ranges (n, 2) of lines that no parser shall see, `cut_lines` their
    1-based lines and `cut_blank` which of them are blank; records = regular + rejected."""

    sha256: str = ""
    bytes: int = 0
    lines: int = 0
    records: int = 0
    blank_lines: int = 0
    crlf: bool = False
    rejected: list[RejectedRecord] = field(default_factory=list[RejectedRecord])
    samples: list[Sample] = field(default_factory=list[Sample])
    cuts: Positions = field(default_factory=lambda: np.empty((0, 2), np.int64))
    cut_lines: Positions = field(default_factory=lambda: np.empty(0, np.int64))
    cut_blank: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))

    @property
    def regular(self) -> int:
        """Number of records that a parser must return."""
        return self.records - len(self.rejected)


def prescan(path: Path, name: str, dialect: Dialect) -> Prescan:
    """Scans the file. Raises `Invalid` (reasons INTAKE_...) naming file and line for what cannot be read here."""
    scanner = _Scanner(name, dialect)
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
        scanner.feed(chunk)
    scanner.finish()
    scanner.found.sha256 = digest.hexdigest()
    return scanner.found


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(BLOCK):
            yield chunk


class _Scanner:
    """Feeds on chunks, looks at whole lines. `offset` is the byte at which the current block of lines begins."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.name = name
        self.width = dialect.width
        self.delimiter = ord(dialect.delimiter)
        self.header_line = dialect.header_line
        self.found = Prescan()
        self.tail = b""
        self.offset = 0
        self.first_end: dict[bool, int] = {}  # the first line that ends in CR LF (True), in LF alone (False)
        self.odd: list[int] = []
        self.decoder: Any = codecs.getincrementaldecoder("utf-8")("strict")  # codecs gives the class no useful type
        self.cuts: list[Positions] = []
        self.cut_lines: list[Positions] = []
        self.cut_blank: list[NDArray[np.bool_]] = []

    def feed(self, chunk: bytes) -> None:
        self._check_text(chunk)
        self.found.bytes += len(chunk)
        last = chunk.rfind(b"\n")
        if last < 0:
            self.tail += chunk
            self._check_length(len(self.tail), self.found.lines + 1)
            return
        block = self.tail + chunk[: last + 1]
        self.tail = chunk[last + 1 :]
        self._scan(block)
        self._check_length(len(self.tail), self.found.lines + 1)

    def finish(self) -> None:
        self._decode(b"", final=True)
        if self.tail:
            self._scan(self.tail)
        found = self.found
        if len(self.first_end) > 1:
            message = "lines end in two different ways (CR LF and LF) from here on. Save it with one kind of line end."
            raise self._refuse("INTAKE_LINE_ENDS", max(self.first_end.values()), message)
        found.crlf = True in self.first_end
        if found.records and not found.regular:
            first = found.rejected[0]
            raise self._refuse("INTAKE_RAGGED", first.line, f"no record has {self.width} cells as the header has")
        if self.cuts:
            found.cuts = np.concatenate(self.cuts)
            found.cut_lines = np.concatenate(self.cut_lines)
            found.cut_blank = np.concatenate(self.cut_blank)

    def _check_odd(self) -> None:
        if len(self.odd) > MAX_ODD:
            message = (
                "a quote is opened and not closed in the same line. Save the file without line breaks inside cells, or"
                " as Parquet."
            )
            raise self._refuse("INTAKE_QUOTED_NEWLINE", self.odd[0], message)

    def _check_text(self, chunk: bytes) -> None:
        zero = chunk.find(b"\0")
        if zero >= 0:
            line = self.found.lines + (self.tail + chunk[:zero]).count(b"\n") + 1
            raise self._refuse(
                "INTAKE_NUL", line, "it holds a NUL byte, so it is no text table or is damaged. Export it again as CSV"
            )
        if not chunk.isascii() or self.decoder.getstate()[0]:
            self._decode(chunk)

    def _decode(self, chunk: bytes, *, final: bool = False) -> None:
        pending = len(self.decoder.getstate()[0])
        try:
            self.decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            at = self.found.bytes - pending + error.start
            line = self.found.lines + (self.tail + chunk)[: at - self.offset].count(b"\n") + 1
            message = f"byte {at} is not UTF-8. Save the file in UTF-8 and upload it again"
            raise self._refuse("INTAKE_ENCODING", line, message, {"byte": at}) from error

    def _check_length(self, length: int, line: int) -> None:
        if length > MAX_LINE:
            message = f"the line is longer than {MAX_LINE} bytes. Check that it is a text table with line ends"
            raise self._refuse("INTAKE_LINE_TOO_LONG", line, message)

    def _refuse(self, reason: str, line: int, problem: str, more: dict[str, str | int] | None = None) -> Invalid:
        text = f"{self.name}, line {line}: {problem.rstrip('.')}."
        return Invalid(reason, text, {"file": self.name, "line": line, **(more or {})})

    def _scan(self, block: bytes) -> None:
        if not self._is_rectangular(block):
            self._look_at_each_line(block)

    def _is_rectangular(self, block: bytes) -> bool:
        """Counts the block where every line of it is plainly a record, and leaves it alone where one is not."""
        found = self.found
        lines = rectangle(block, self.delimiter, self.width) if found.lines >= self.header_line else None
        if lines is None or len(block) - (lines - 1) * self.width > MAX_LINE:  # each line has its separators at least
            return False
        first = block[: block.index(b"\n")].decode()
        self.first_end.setdefault(first.endswith("\r"), found.lines + 1)
        found.samples.append(Sample(found.records - len(found.rejected), first.rstrip("\r")))
        found.records += lines
        found.lines += lines
        self.offset += len(block)
        return True

    def _look_at_each_line(self, block: bytes) -> None:
        array: Bytes = np.frombuffer(block, np.uint8)
        ends: Positions = np.flatnonzero(array == 10)
        newlines = len(ends)
        if block[-1] != 10:
            ends = np.append(ends, len(block))
        starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
        lengths = ends - starts
        longest = int(lengths.argmax())
        self._check_length(int(lengths[longest]), self.found.lines + longest + 1)
        stops = self._without_cr(block, array, starts, ends)
        self._note_ends((stops != ends)[:newlines])
        delimiters: Positions = np.flatnonzero(array == self.delimiter)
        stray = np.zeros(len(ends), np.bool_)
        if QUOTE.encode() in block:
            delimiters, stray = self._quotes(array, starts, ends, delimiters)
            self._check_odd()
        counts = np.diff(np.searchsorted(delimiters, ends), prepend=0)
        blank = self._blank(block, starts, stops, counts)
        self._settle(block, starts, ends, blank, stray, counts != self.width - 1)

    def _without_cr(self, block: bytes, array: Bytes, starts: Positions, ends: Positions) -> Positions:
        """Where each line's text ends. Refuses a CR that is not part of CR LF."""
        count = block.count(b"\r")
        if not count:
            return ends
        stops = ends - ((ends > starts) & (array[np.maximum(ends - 1, 0)] == 13))
        crlf = int((ends - stops).sum())
        if crlf != count:
            at = next(i for i in np.flatnonzero(array == 13).tolist() if block[i + 1 : i + 2] != b"\n")
            line = self.found.lines + int(np.searchsorted(ends, at)) + 1
            message = "a carriage return stands alone. Save it with one kind of line end, LF or CR LF"
            raise self._refuse("INTAKE_LINE_ENDS", line, message)
        return stops

    def _note_ends(self, with_cr: NDArray[np.bool_]) -> None:
        for kind in (True, False):
            if kind not in self.first_end and bool((with_cr == kind).any()):
                self.first_end[kind] = self.found.lines + int((with_cr == kind).argmax()) + 1

    def _quotes(
        self, array: Bytes, starts: Positions, ends: Positions, delimiters: Positions
    ) -> tuple[Positions, NDArray[np.bool_]]:
        """Delimiters that stand outside quotes, and the lines whose quotes do not follow the rule.

        The rule is RFC 4180: a quoted cell is quoted whole and doubles the quotes within. Quotes are counted by line,
        so one line's defect does not touch the next.
        """
        quotes: Positions = np.flatnonzero(array == ord(QUOTE))
        line_of = np.searchsorted(ends, quotes)
        per_line = np.bincount(line_of, minlength=len(ends))
        first_of = np.concatenate((np.zeros(1, np.int64), np.cumsum(per_line)[:-1]))
        opens = (np.arange(len(quotes)) - first_of[line_of]) % 2 == 0
        before = np.where(quotes > 0, array[np.maximum(quotes - 1, 0)], 10)
        after = np.where(quotes + 1 < len(array), array[np.minimum(quotes + 1, len(array) - 1)], 10)
        outside = np.isin(before, (self.delimiter, 10, ord(QUOTE))) | (quotes == starts[line_of])
        closed = np.isin(after, (self.delimiter, 10, 13, ord(QUOTE)))
        if self.found.lines == 0 and array[:3].tobytes() == BOM:
            outside |= quotes == 3
        odd = per_line % 2 == 1
        stray = odd.copy()
        stray[line_of[np.where(opens, ~outside, ~closed)]] = True
        self.odd += (np.flatnonzero(odd)[: MAX_ODD + 1] + self.found.lines + 1).tolist()
        inside = (np.searchsorted(quotes, delimiters) - first_of[np.searchsorted(ends, delimiters)]) % 2 == 1
        return delimiters[~inside], stray

    def _blank(self, block: bytes, starts: Positions, stops: Positions, counts: Positions) -> NDArray[np.bool_]:
        blank: NDArray[np.bool_] = starts == stops
        for i in np.flatnonzero((counts == 0) & ~blank & (self.width > 1)).tolist():
            blank[i] = not block[starts[i] : stops[i]].strip()
        if self.width == 1:
            array = np.frombuffer(block, np.uint8)
            for i in np.flatnonzero(~blank & np.isin(array[np.minimum(starts, len(array) - 1)], (9, 32))).tolist():
                blank[i] = not block[starts[i] : stops[i]].strip()
        return blank

    def _settle(
        self,
        block: bytes,
        starts: Positions,
        ends: Positions,
        blank: NDArray[np.bool_],
        stray: NDArray[np.bool_],
        ragged: NDArray[np.bool_],
    ) -> None:
        """Counts this block's lines into blank lines, records and rejected records."""
        found = self.found
        lines = np.arange(len(ends)) + found.lines + 1
        is_record = ~blank & (lines != self.header_line)
        bad = (stray | ragged) & is_record
        numbers = np.cumsum(is_record) + found.records
        good = np.flatnonzero(is_record & ~bad)
        if len(good):
            first = int(good[0])
            ordinal = int(numbers[first]) - 1 - len(found.rejected) - int(bad[:first].sum())
            found.samples.append(Sample(ordinal, block[starts[first] : ends[first]].decode().rstrip("\r")))
        for i in np.flatnonzero(bad)[: MAX_REJECTED_KEPT + 1].tolist():  # one more than that is refused below
            raw = block[starts[i] : min(ends[i], starts[i] + 4 * MAX_RAW)].decode("utf-8", "ignore").rstrip("\r")
            reason = "stray_quote" if stray[i] else "ragged"
            found.rejected.append(RejectedRecord(int(numbers[i]), int(lines[i]), reason, raw[:MAX_RAW]))
        found.records = int(numbers[-1])
        found.blank_lines += int(blank.sum())
        check_rejected(self.name, self.width, found.records, found.rejected)
        check_blank(self.name, found.blank_lines, found.records)
        cut = np.flatnonzero(blank | bad)
        if len(cut):
            after = np.minimum(ends[cut] + 1, len(block))
            self.cuts.append(np.stack((starts[cut], after), axis=1) + self.offset)
            self.cut_lines.append(lines[cut])
            self.cut_blank.append(blank[cut])
        found.lines += len(ends)
        self.offset += len(block)
