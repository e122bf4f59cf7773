"""What a trial depends on: the files its globs name, told apart by content alone.

Dates and history of git are not asked, so a shallow clone and a copied folder know as well what is stale.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_SHORT = 16


def digests(globs: Iterable[str], root: Path = ROOT) -> Mapping[str, str]:
    """The start of each file's SHA-256, by its path below `root`. A glob that names no file is an error."""
    found: dict[str, str] = {}
    for glob in globs:
        files = [path for path in root.glob(glob) if path.is_file() and "__pycache__" not in path.parts]
        if not files:
            raise ValueError(f"{glob!r} names no file: correct SOURCES of the trial")
        for path in files:
            found[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()[:_SHORT]
    return dict(sorted(found.items()))


def digest(files: Mapping[str, str]) -> str:
    """One SHA-256 over the names and the contents of all files."""
    return hashlib.sha256("".join(f"{path} {content}\n" for path, content in files.items()).encode()).hexdigest()


def changes(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs, one line for each file: `changed`, `new` or `gone`, and its path."""
    words = [("gone", then.keys() - now.keys()), ("new", now.keys() - then.keys())]
    words.append(("changed", {path for path in then.keys() & now.keys() if then[path] != now[path]}))
    return sorted(f"{word} {path}" for word, paths in words for path in paths)
