"""Which files of a path a mapping uses. A file that is named and missing is an error; one that is not named is told."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from perito_kernel.errors import Invalid
from perito_rules.canonical import load_canonical
from perito_validation.mapping import parse_mapping
from perito_validation.reader import is_part_of

DEFAULT_MAPPING = "mapping.yaml"


@dataclass(frozen=True)
class Books:
    """What will be uploaded: the mapping, the files it names (in its order), and names of files beside them."""

    mapping: Path
    files: tuple[Path, ...]
    unused: tuple[str, ...]


def find_books(path: Path, mapping: Path | None) -> Books:
    """The books at `path`, a folder or one file. Raises `Invalid` BOOKS_MISSING, MAPPING_MISSING, MAPPING_INVALID."""
    if not path.exists():
        raise Invalid("BOOKS_MISSING", f"There is nothing at {path}. Name the folder that holds the exported files.")
    folder = path if path.is_dir() else path.parent
    mapping = mapping or folder / DEFAULT_MAPPING
    if not mapping.is_file():
        raise Invalid(
            "MAPPING_MISSING",
            f"There is no mapping at {mapping}. Write one that says which file holds what, and name it with --mapping.",
            {"file": str(mapping)},
        )
    beside = [path] if path.is_file() else sorted(entry for entry in path.iterdir() if entry.is_file())
    present = {unicodedata.normalize("NFC", entry.name): entry for entry in beside}
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


def _parsed(mapping: Path) -> list[str]:
    try:
        text = mapping.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            "MAPPING_INVALID", f"{mapping} is not UTF-8 text. Save it as UTF-8.", {"file": str(mapping)}
        ) from error
    tables = {name: list(table.columns) for name, table in load_canonical().items()}
    return list(parse_mapping(text, tables).files)


def _file_of(name: str, present: Collection[str]) -> str:
    """The file that holds what a mapping names: itself, or the archive, workbook or document before a slash."""
    return next((file for file in present if is_part_of(name, file)), name)


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
