"""The digest of a phase's rules: what the plan freezes. Reads files; imports no engine and no rule."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from perito_kernel.errors import Internal


def catalogue_digest(package: str) -> str:
    """SHA-256 (hexadecimal) over names and bytes of every file of the package; empty where a phase has no rules."""
    if not package:
        return ""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Internal("RULES_MISSING", f"The package {package} with this phase's rules is not installed.")
    total = hashlib.sha256()
    for folder in spec.submodule_search_locations:
        for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in _files(Path(folder))):
            content = path.read_bytes()
            total.update(f"{name}\n{len(content)}\n".encode())
            total.update(content)
    return total.hexdigest()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
