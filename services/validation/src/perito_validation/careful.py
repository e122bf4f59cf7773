"""Reads CSV that is not regular: record by record, each one kept or set aside with its line, text and reason.

A quoted cell may hold line breaks. A quote that does not close must not swallow what follows: when the cell does not
end, ends in the middle of text, or spans lines that are records themselves, its first line is set aside and reading
goes on with the next one. Whatever ends a line (LF, CR LF, CR) is the end of a line.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import duckdb
from perito_kernel.errors import Invalid

from perito_validation.limits import MAX_LINE, MAX_QUOTED_LINES, MAX_RAW
from perito_validation.sniff import QUOTE, Dialect, is_total
from perito_validation.source import Note, RejectedRecord, TableSink, check_blank, check_rejected, check_width

_NARROW = 3
_ALIKE_NARROW, _ALIKE_WIDE = 4, 2
"""So many lines within one quoted cell that look like records are records: of 2 or 3 cells, of more."""
_BLANKS = " \t\r\n\v\f"


class CarefulReader:
    """Reads one file into a table. Raises `Invalid` INTAKE_HEADER, INTAKE_TOO_WIDE, INTAKE_RAGGED."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str, name: str, dialect: Dialect) -> None:
        self.name = name
        self.dialect = dialect
        self.sink = TableSink(con, table, name)
        self.labels: tuple[str, ...] = ()
        self.records = 0
        self.blank_lines = 0
        self.rejected: list[RejectedRecord] = []
        self.broken_cells = 0
        self.stray = 0
        self.ends: Counter[str] = Counter()
        self._proper = re.compile(
            f'(?:^|{re.escape(dialect.delimiter)})"(?:[^"]|"")*"(?={re.escape(dialect.delimiter)}|\r?\n?$)'
        )

    def read(self, path: Path) -> None:
        """Reads the UTF-8 file at `path`, whose header stands where the dialect says."""
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = _Lines(file, self.dialect.delimiter, self.ends)
            lines.pass_over(self.dialect.header_line - 1)
            last: tuple[int, int, list[str], str] | None = None
            for record in self._records(lines):
                if last is not None:
                    self.sink.add(last[0], last[1], last[2])
                last = record
        if last is not None:
            if is_total(last[2]):
                self.rejected.append(RejectedRecord(last[0], last[1], "total_line", last[3]))
            else:
                self.sink.add(last[0], last[1], last[2])
        self.sink.finish(len(self.labels))
        if self.records and not self.sink.rows and all(r.reason == "ragged" for r in self.rejected):
            message = (
                f"{self.name}, line {self.rejected[0].line}: no record has {len(self.labels)} cells as the header has."
            )
            raise Invalid("INTAKE_RAGGED", message, {"file": self.name, "line": self.rejected[0].line})

    def notes(self) -> list[Note]:
        """What is to be told about the file."""
        found = (
            [Note("preamble", len(self.dialect.preamble), self.dialect.preamble[0])] if self.dialect.preamble else []
        )
        if len(self.ends) > 1:
            kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.ends.items()))
            found.append(Note("line_ends", self.ends.total(), kinds))
        found += [Note("quoted_line_break", self.broken_cells)] if self.broken_cells else []
        return found + ([Note("stray_quote", self.stray)] if self.stray else [])

    def _records(self, lines: "_Lines") -> Iterator[tuple[int, int, list[str], str]]:
        """Records that can be kept: number, line, cells, raw text."""
        while True:
            cells, problem = lines.record()
            if not lines.taken:
                return
            raw = "".join(lines.taken)
            if not self.labels:
                self._take_header(cells, problem, lines.first)
                lines.width = len(self.labels)
                continue
            if not raw.strip(_BLANKS) and (lines.width == 1 or self.dialect.delimiter not in raw):
                self.blank_lines += 1
                check_blank(self.name, self.blank_lines, self.records)
                continue
            self.records += 1
            problem = problem or self._problem(cells, raw)
            shown = raw[: 2 * MAX_RAW].rstrip("\r\n").replace("\0", "\N{REPLACEMENT CHARACTER}")[:MAX_RAW]
            if problem:
                self.rejected.append(RejectedRecord(self.records, lines.first, problem, shown))
                check_rejected(self.name, len(self.labels), self.records, self.rejected)
                continue
            if QUOTE in raw:
                self.broken_cells += len(lines.taken) > 1
                self.stray += QUOTE in self._proper.sub("", raw)
            yield self.records, lines.first, cells, shown

    def _problem(self, cells: list[str], raw: str) -> str:
        if "\0" in raw:
            return "nul"
        return "ragged" if len(cells) != len(self.labels) else ""

    def _take_header(self, cells: list[str], problem: str, line: int) -> None:
        if problem or not any(cell.strip("\0 ") for cell in cells):
            what = "the header is blank" if not problem else "the header cannot be read, a quote in it does not close"
            message = f"{self.name}, line {line}: {what}. Mend that line."
            raise Invalid("INTAKE_HEADER", message, {"file": self.name, "line": line})
        check_width(len(cells), self.name, line)
        self.labels = tuple(cell.replace("\0", "\N{REPLACEMENT CHARACTER}") for cell in cells)


class _Lines:
    """Feeds physical lines to the CSV parser and takes back those that a broken record took too many.

    `taken` are the lines of the record that was read last, `first` the number of the first of them.
    """

    def __init__(self, file: TextIO, delimiter: str, ends: Counter[str]) -> None:
        self.file = file
        self.delimiter = delimiter
        self.ends = ends
        self.width = 0
        self.number = 0
        self.taken: list[str] = []
        self._size = 0
        self._alike = 0
        self._is_long = False
        self._back: deque[str] = deque()
        self._parser = self._new_parser()

    @property
    def first(self) -> int:
        """Number of the first line of the record."""
        return self.number - len(self.taken) + 1

    def pass_over(self, count: int) -> None:
        """Passes lines without a look."""
        for _ in range(count):
            self.number += 1
            self._next_line()

    def record(self) -> tuple[list[str], str]:
        """The next record's cells, or a reason why its first line is none. Without lines left, `taken` is empty."""
        self.taken, self._size, self._alike, self._is_long = [], 0, 0, False
        try:
            cells = next(self._parser, list[str]())
        except csv.Error as error:
            is_open = len(self.taken) > 1 or "end of data" in str(error)
            self._back.extendleft(reversed(self.taken[1:]))
            self.number -= len(self.taken) - 1
            self.taken = self.taken[:1]
            self._parser = self._new_parser()
            return [], "unclosed_quote" if is_open else "stray_quote"
        return cells, "line_too_long" if self._is_long else ""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._next_line()
        if not line:
            raise StopIteration
        is_long = len(line) > MAX_LINE
        if self.taken and (is_long or self._goes_too_far(line)):
            self._back.appendleft(line)
            raise StopIteration
        self.taken.append(line)
        self.number += 1
        self._size += len(line)
        self._is_long = is_long
        return "" if is_long else line

    def _goes_too_far(self, line: str) -> bool:
        """Is this line no part of the quoted cell that is open before it?"""
        if len(self.taken) >= MAX_QUOTED_LINES or self._size + len(line) > MAX_LINE:
            return True
        self._alike += self.width > 1 and QUOTE not in line and line.count(self.delimiter) == self.width - 1
        return self._alike >= (_ALIKE_NARROW if self.width <= _NARROW else _ALIKE_WIDE)

    def _next_line(self) -> str:
        """The next physical line, "" at the end; of one that is too long the beginning."""
        if self._back:
            return self._back.popleft()
        line = self.file.readline(MAX_LINE + 1)
        end = line[-2:]
        if end[-1:] not in {"\n", "\r"}:
            if len(line) > MAX_LINE:
                self._pass_rest()
            return line
        self.ends["CR LF" if end == "\r\n" else "LF" if end[-1] == "\n" else "CR"] += 1
        return line

    def _pass_rest(self) -> None:
        while (rest := self.file.readline(MAX_LINE)) and rest[-1] not in "\r\n":
            pass

    def _new_parser(self) -> Iterator[list[str]]:
        return csv.reader(self, delimiter=self.delimiter, quotechar=QUOTE, strict=True)
