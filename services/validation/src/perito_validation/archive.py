"""Opens zip and gzip files: their members become files of the job's own folder, under numbers, within limits.

Names in an archive are shown and never used as paths. What an archive says of its sizes is checked first and not
believed: bytes are counted while they come.
"""

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile

from perito_validation.likely_books import LOOK_BYTES, no_books
from perito_validation.limits import (
    MAX_DIRECTORY,
    MAX_EXPANDED,
    MAX_MEMBER_NAME,
    MAX_MEMBERS,
    MAX_RATIO,
    RATIO_FROM,
)
from perito_validation.source import Note

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"
_END = b"PK\x05\x06"
_END_BYTES = 22
_COMMENT_BYTES = 1 << 16
_BLOCK = 1 << 20
_ENCRYPTED = 1
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile and gzip raise for damaged, encrypted and unknown content."""
_SYSTEM = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Member:
    """A member and the name that is shown for it."""

    name: str
    info: zipfile.ZipInfo


@dataclass(frozen=True)
class Archive:
    """The members of a zip file that may be files of the books, and what was noticed about the others."""

    members: tuple[Member, ...]
    notes: tuple[Note, ...]


class Allowance:
    """Counts expanded bytes of one archive against the bounds. Raises `Invalid` INTAKE_BOMB beyond them."""

    def __init__(self, name: str, compressed: int, limit: int | None = None) -> None:
        self.name = name
        self.limit = MAX_EXPANDED if limit is None else limit
        self.compressed = max(compressed, 1)
        self.expanded = 0

    def spend(self, count: int) -> None:
        """Counts `count` more bytes."""
        self.expanded += count
        if self.expanded > self.limit:
            raise self._refused(f"expands to more than {self.limit >> 20:,} MiB. Split it")
        if self.expanded > RATIO_FROM and self.expanded > MAX_RATIO * self.compressed:
            raise self._refused(
                f"expands to more than {MAX_RATIO} times its size, as no export does. Send its content unpacked"
            )

    def _refused(self, what: str) -> Invalid:
        return Invalid("INTAKE_BOMB", f"{self.name} {what}.", {"file": self.name, "expanded": self.expanded})


def list_members(path: Path, name: str) -> Archive:
    """The members of the zip file at `path`. Raises `Invalid` INTAKE_BOMB, INTAKE_FORMAT."""
    check_directory(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except BROKEN as error:
        raise _damaged(name) from error
    members: list[Member] = []
    renamed: list[tuple[str, str]] = []
    passed: list[str] = []
    taken: set[str] = set()
    for info in infos:
        shown = _safe(info.orig_filename)
        if info.is_dir() or _is_system(shown):
            passed.append(shown)
            continue
        shown = _distinct(shown, taken)
        if shown != info.orig_filename:
            renamed.append((info.orig_filename, shown))
        members.append(Member(shown, info))
    notes = [Note("member_passed_over", len(passed), passed[0])] if passed else []
    notes += [Note("member_renamed", len(renamed), *renamed[0])] if renamed else []
    return Archive(tuple(members), tuple(notes))


def no_books_in(path: Path, listed: Archive) -> frozenset[str]:
    """The shown names of members that are no books beside others that could be."""
    try:
        with zipfile.ZipFile(path) as archive:
            return no_books({member.name: partial(_start, archive, member.info) for member in listed.members})
    except BROKEN:
        return frozenset()  # reading the members tells which is damaged


def _start(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        return stream.read(LOOK_BYTES)


def check_directory(path: Path, name: str) -> None:
    """Refuses lists of members that would fill the memory, before zipfile reads them: `Invalid` INTAKE_BOMB."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or end + _END_BYTES > len(tail):
        raise _damaged(name)
    count = int.from_bytes(tail[end + 10 : end + 12], "little")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if count > MAX_MEMBERS or directory > MAX_DIRECTORY:
        message = (
            f"{name} holds more than {MAX_MEMBERS:,} files. Pack those of the books only, or send them as they are."
        )
        raise Invalid("INTAKE_BOMB", message, {"file": name, "members": count})


def _safe(name: str) -> str:
    """A name without what would lead elsewhere as a path or cannot be shown."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    text = "".join(c if c.isprintable() else "_" for c in "/".join(parts))
    return text[-MAX_MEMBER_NAME:] or "member"


def _is_system(name: str) -> bool:
    folded = name.casefold()
    return folded.startswith(_SYSTEM) or folded.rpartition("/")[2] in _SYSTEM


def _distinct(name: str, taken: set[str]) -> str:
    again, base = 1, name
    while name in taken:
        again += 1
        name = f"{base} ({again})"
    taken.add(name)
    return name


def extract(path: Path, name: str, member: Member, target: Path, allowance: Allowance) -> InputFile:
    """Writes a member to `target`. Raises `Invalid` INTAKE_BOMB, INTAKE_FORMAT; removes what it wrote then."""
    shown = f"{name}/{member.name}"
    if member.info.flag_bits & _ENCRYPTED:
        message = f"{shown} is protected by a password. Pack it again without."
        raise Invalid("INTAKE_FORMAT", message, {"file": shown})
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member.info) as stream:
            return _write(stream, shown, target, allowance)
    except BROKEN as error:
        target.unlink(missing_ok=True)
        message = f"{shown} is damaged or packed in an unknown way. Pack it again as zip."
        raise Invalid("INTAKE_FORMAT", message, {"file": shown}) from error
    except Invalid:
        target.unlink(missing_ok=True)
        raise


def expand_gzip(file: InputFile, target: Path) -> InputFile:
    """Writes the content of a gzip file to `target`. Raises as `extract` does."""
    allowance = Allowance(file.name, Path(file.path).stat().st_size)
    try:
        with gzip.open(file.path) as stream:
            return _write(stream, file.name, target, allowance)
    except BROKEN as error:
        target.unlink(missing_ok=True)
        message = f"{file.name} is damaged: it ends early or is no gzip. Pack it again."
        raise Invalid("INTAKE_FORMAT", message, {"file": file.name}) from error
    except Invalid:
        target.unlink(missing_ok=True)
        raise


def _write(stream: Any, name: str, target: Path, allowance: Allowance) -> InputFile:  # zipfile and gzip share no type
    digest = hashlib.sha256()
    count = 0
    with target.open("wb") as copy:
        for block in _blocks(stream):
            allowance.spend(len(block))
            digest.update(block)
            copy.write(block)
            count += len(block)
    return InputFile(name, str(target), digest.hexdigest(), count)


def _blocks(stream: Any) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _damaged(name: str) -> Invalid:
    message = f"{name} is a damaged archive: its list of files cannot be read. Pack it again as zip."
    return Invalid("INTAKE_FORMAT", message, {"file": name})
