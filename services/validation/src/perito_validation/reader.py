"""Brings the files of a dataset into DuckDB as text, every cell as it stands: one `Source` for each table in them.

What a file is, its content says; the name only helps. A container (archive, JSON document, workbook) yields a source
for each table in it, named `container/member`; one with exactly one table keeps the file's own name, unless the mapping
asks for the member. A file that is not asked for is not opened.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile

from perito_validation import archive
from perito_validation.csv_reader import read_csv
from perito_validation.json_reader import is_json, read_json
from perito_validation.likely_books import LOOK_BYTES, no_books
from perito_validation.mapping import is_part_of
from perito_validation.parquet_reader import MAGIC as PARQUET
from perito_validation.parquet_reader import read_parquet
from perito_validation.sheet_extent import is_workbook
from perito_validation.source import Note, Source, Unread, check_digest
from perito_validation.workbook import OLE, read_workbook


@dataclass(frozen=True)
class Reading:
    """Everything that the dataset holds: tables by name, and what no table was made of. File numbers are the order in
    which files came, members of a container in its order."""

    sources: Mapping[str, Source]
    unread: Sequence[Unread]

    @property
    def everything(self) -> list[Source | Unread]:
        """Sources and unread files in the order of their numbers."""
        return sorted([*self.sources.values(), *self.unread], key=lambda part: part.file_id)


Part = tuple[str, Source | Unread]
"""A part of a file: its place in it ("" for the whole), and what was made of it."""


def read_files(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[InputFile],
    wanted: Collection[str] | None,
    scratch: Path,
    report: Callable[[float, str], None],
) -> Reading:
    """Reads the tables named in `wanted`. Where it is None, all: what is no books by name and first lines is left alone
    then, and a file that cannot be read is `Unread` with its reason, while one that is wanted raises `Invalid`
    (INTAKE_..., MAPPING_FILE_MISSING).

    `report` hears of progress, 0 to 1. Raises `Invalid` too where nothing at all could be read.
    """
    left = no_books({file.name: partial(_start, file) for file in files}) if wanted is None else frozenset[str]()
    reader = _Reader(con, wanted, scratch, left)
    total, done = sum(file.bytes for file in files) or 1, 0
    for file in files:
        report(done / total, f"reading {file.name}")
        reader.read(file)
        done += file.bytes
    reading = Reading({source.name: source for source in reader.sources}, reader.unread)
    _check_found(reading, wanted, files)
    return reading


class _Reader:
    """Reads one file after the other and numbers what it finds."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, wanted: Collection[str] | None, scratch: Path, left: Collection[str]
    ) -> None:
        self.con = con
        self.wanted = wanted
        self.scratch = scratch
        self.left = left
        self.sources: list[Source] = []
        self.unread: list[Unread] = []
        self.next_id = 0

    def read(self, file: InputFile) -> None:
        """Reads a file and keeps what it holds."""
        asked = self.wanted is None or any(is_part_of(name, file.name) for name in self.wanted)
        if not asked or file.name in self.left:
            self.unread.append(Unread(self._number(), file.name, file.sha256, file.bytes))
            return
        try:
            parts = self._parts(file)
        except Invalid as error:
            if self.wanted is not None:
                raise
            parts = [("", _unread(file, error))]
        tables = [place for place, part in parts if isinstance(part, Source)]
        for place, part in parts:
            name = f"{file.name}/{place}" if place else file.name
            if isinstance(part, Unread):
                self.unread.append(replace(part, file_id=self._number(), name=name))
                continue
            if len(tables) == 1 and not (self.wanted and name in self.wanted):
                name = file.name
            if self.wanted is not None and name not in self.wanted:
                self.con.execute(f"DROP TABLE {part.table}")
                self.unread.append(Unread(self._number(), name, part.sha256, part.bytes))
                continue
            self.sources.append(replace(part, file_id=self._number(), name=name))

    def _number(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def _parts(self, file: InputFile) -> list[Part]:
        start = _start(file)
        if start.startswith((archive.ZIP, archive.EMPTY_ZIP)):
            check_digest(file)
            if is_workbook(Path(file.path), file.name):
                return [*read_workbook(self.con, f"raw_{self.next_id}", file)]
            return self._members(file)
        if start.startswith(OLE):
            check_digest(file)
            return [*read_workbook(self.con, f"raw_{self.next_id}", file)]
        if start.startswith(archive.GZIP):
            check_digest(file)
            target = self.scratch / f"expanded_{self.next_id}"
            inner = archive.expand_gzip(file, target)
            try:
                return self._tables(inner, f"raw_{self.next_id}", inside=True)
            finally:
                target.unlink()
        return self._tables(file, f"raw_{self.next_id}")

    def _members(self, file: InputFile) -> list[Part]:
        """The tables of a zip file's members."""
        listed = archive.list_members(Path(file.path), file.name)
        allowance = archive.Allowance(file.name, Path(file.path).stat().st_size)
        whole = self.wanted is None or file.name in self.wanted
        left = archive.no_books_in(Path(file.path), listed) if whole else frozenset[str]()
        parts: list[Part] = []
        for member in listed.members:
            name = f"{file.name}/{member.name}"
            asked = _is_wanted(name, self.wanted)
            if not asked and (not whole or member.name in left):
                parts.append((member.name, Unread(0, name, file.sha256, member.info.file_size)))
                continue
            target = self.scratch / f"member_{self.next_id}_{len(parts)}"
            try:
                inner = archive.extract(Path(file.path), file.name, member, target, allowance)
                found = self._tables(inner, f"raw_{self.next_id}_{len(parts)}", inside=True)
            except Invalid as error:
                if error.reason == "INTAKE_BOMB" or not whole or asked:
                    raise
                found = [("", _unread(replace(file, name=name), error))]
            finally:
                target.unlink(missing_ok=True)
            parts += [(f"{member.name}/{place}" if place else member.name, part) for place, part in found]
        if not parts:
            message = f"{file.name} holds no files. Pack the exported files again."
            raise Invalid("INTAKE_EMPTY", message, {"file": file.name})
        return _with_notes(parts, listed.notes)

    def _tables(self, file: InputFile, table: str, *, inside: bool = False) -> list[Part]:
        """The tables of a file that is no archive, as temporary tables whose names begin with `table`."""
        start = _start(file)
        if inside and (
            start.startswith(OLE) or (start.startswith(archive.ZIP) and is_workbook(Path(file.path), file.name))
        ):
            return [*read_workbook(self.con, table, file)]
        if inside and start.startswith((archive.ZIP, archive.EMPTY_ZIP, archive.GZIP)):
            message = f"{file.name} is an archive inside an archive. Unpack it and send what is in it."
            raise Invalid("INTAKE_NESTED", message, {"file": file.name})
        if start.startswith(PARQUET):
            return [("", read_parquet(self.con, table, file))]
        if is_json(start, file.name):
            check_digest(file)
            return [*read_json(self.con, table, file)]
        return [("", read_csv(self.con, table, file, self.scratch))]


def _is_wanted(name: str, wanted: Collection[str] | None) -> bool:
    return wanted is not None and any(is_part_of(one, name) for one in wanted)


def _start(file: InputFile) -> bytes:
    with Path(file.path).open("rb") as content:
        return content.read(LOOK_BYTES)


def _unread(file: InputFile, error: Invalid) -> Unread:
    return Unread(0, file.name, file.sha256, file.bytes, error.reason, error.message)


def _with_notes(parts: Iterable[Part], notes: Sequence[Note]) -> list[Part]:
    """Tells what was noticed about a container with the first table of it."""
    told: list[Part] = []
    for place, part in parts:
        if notes and isinstance(part, Source):
            part, notes = replace(part, notes=(*notes, *part.notes)), ()  # noqa: PLW2901  # the same part, with notes
        told.append((place, part))
    return told


def _check_found(reading: Reading, wanted: Collection[str] | None, files: Sequence[InputFile]) -> None:
    if wanted is None:
        if not reading.sources:
            first = next((part for part in reading.unread if part.reason), None)
            message = first.message if first else "The dataset holds no files. Upload the exported files."
            raise Invalid(first.reason if first else "INTAKE_EMPTY", message, {"file": first.name if first else ""})
        return
    for name in sorted(wanted):
        if name in reading.sources:
            continue
        file = max((f.name for f in files if is_part_of(name, f.name)), key=len, default="")
        parts = [part for part in reading.everything if file and is_part_of(part.name, file)]
        for part in parts:
            if isinstance(part, Unread) and part.reason and not any(isinstance(p, Source) for p in parts):
                raise Invalid(part.reason, part.message, {"file": part.name})
        there = [part.name for part in parts]
        message = f"The mapping names {name!r}, which is no table of {file!r}; it holds {', '.join(there)[:500]}."
        raise Invalid("MAPPING_FILE_MISSING", message, {"file": name})
