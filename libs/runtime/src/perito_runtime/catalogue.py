"""A phase's rules as the plan freezes them: their digest and their ids. Reads files; imports no engine and no rule."""

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

from perito_kernel.errors import Internal

# The header is YAML, which this process does not load; the id stands on a line of its own in every rule file.
_ID = re.compile(r"""^id:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)


def catalogue_digest(package: str) -> str:
    """SHA-256 (hexadecimal) over names and bytes of every file of the package; empty where a phase has no rules."""
    if not package:
        return ""
    total = hashlib.sha256()
    for folder in _folders(package):
        for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in _files(folder)):
            content = path.read_bytes()
            total.update(f"{name}\n{len(content)}\n".encode())
            total.update(content)
    return total.hexdigest()


def rule_ids(package: str) -> tuple[str, ...]:
    """Ids in the headers of the package's SQL files, sorted; none where a phase has no rules.

    A file that is no rule has no id here: the rules' own loader refuses it when it is run.
    """
    if not package:
        return ()
    paths = [path for folder in _folders(package) for path in folder.glob("*.sql")]
    headers = [path.read_text("utf-8").partition("*/")[0] for path in paths]
    return tuple(sorted(found[1] for header in headers if (found := _ID.search(header))))


def _folders(package: str) -> list[Path]:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Internal("RULES_MISSING", f"The package {package} with this phase's rules is not installed.")
    return [Path(folder) for folder in spec.submodule_search_locations]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
