"""Which files of a path are examined: those that a mapping names, or, where there is none, all that could be books.

A file that a mapping names and that is not there is an error. What is left alone is told, never an error.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from perito_kernel.errors import Invalid
from perito_rules.canonical import load_canonical
from perito_validation.likely_books import LOOK_BYTES, may_be_books
from perito_validation.mapping import is_part_of, parse_mapping

DEFAULT_MAPPING = "mapping.yaml"


@dataclass(frozen=True)
class Books:
    """What will be uploaded: the mapping, if there is one, and the files (those that it names, in its order).

    `unused` names files that the mapping does not name, `left` what is no book; folders end in a slash.
    """

    mapping: Path | None
    files: tuple[Path, ...]
    unused: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def find_books(path: Path, mapping: Path | None) -> Books:
    """The books at `path`, a folder or one file. Without `mapping`, one that stands beside the files and names them is
    taken.

    Raises `Invalid` BOOKS_MISSING, MAPPING_MISSING, MAPPING_INVALID.
    """
    present = _present(path)
    if mapping is not None:
        if not mapping.is_file():
            message = f"There is no mapping at {mapping}. `perito map {path}` proposes one to correct."
            raise Invalid("MAPPING_MISSING", message, {"file": str(mapping)})
        return _named(path, mapping, present)
    beside = (path if path.is_dir() else path.parent) / DEFAULT_MAPPING
    if beside.is_file() and (path.is_dir() or any(_file_of(name, present) in present for name in _parsed(beside))):
        return _named(path, beside, present)
    return find_all(path)


def find_all(path: Path) -> Books:
    """Every file at `path` that could be books, whether or not a mapping stands beside them. Raises as `find_books`."""
    present = _present(path)
    if path.is_file():
        return Books(None, (path,))
    files = tuple(entry for entry in present.values() if may_be_books(entry.name, partial(_start, entry)))
    left = [name for name, entry in present.items() if entry not in files]
    left += [f"{entry.name}/" for entry in sorted(path.iterdir()) if entry.is_dir()]
    if not files:
        there = f" There are {', '.join(left[:10])}." if left else ""
        message = f"No file in {path} could be books: CSV, JSON, Parquet, XLSX or a zip of these.{there}"
        raise Invalid("BOOKS_MISSING", message, {"file": str(path)})
    return Books(None, files, left=tuple(left))


def _present(path: Path) -> dict[str, Path]:
    """The files at `path` by name, as they are uploaded."""
    if not path.exists():
        raise Invalid("BOOKS_MISSING", f"There is nothing at {path}. Name the folder that holds the exported files.")
    beside = [path] if path.is_file() else sorted(entry for entry in path.iterdir() if entry.is_file())
    return {unicodedata.normalize("NFC", entry.name): entry for entry in beside}


def _named(path: Path, mapping: Path, present: Mapping[str, Path]) -> Books:
    named = list(dict.fromkeys(_file_of(name, present) for name in _parsed(mapping)))
    missing = [name for name in named if name not in present]
    if missing:
        raise Invalid(
            "BOOKS_MISSING",
            f"The mapping names {', '.join(missing)}, not found in {path}. Add {_them(missing)}, or take"
            f" {_them(missing)} out of the mapping.",
            {"file": missing[0]},
        )
    unused = tuple(name for name, entry in present.items() if name not in named and entry != mapping)
    return Books(mapping, tuple(present[name] for name in named), unused)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LOOK_BYTES)


def _parsed(mapping: Path) -> list[str]:
    try:
        text = mapping.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            "MAPPING_INVALID", f"{mapping} is not UTF-8 text. Save it as UTF-8.", {"file": str(mapping)}
        ) from error
    tables = {name: list(table.columns) for name, table in load_canonical().items()}
    found = parse_mapping(text, tables)
    return [*found.files, *sorted(found.wanted - found.files.keys())]  # and files that are only joined


def _file_of(name: str, present: Collection[str]) -> str:
    """The file that holds what a mapping names: itself, or the archive, workbook or document before a slash."""
    return next((file for file in present if is_part_of(name, file)), name)


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
