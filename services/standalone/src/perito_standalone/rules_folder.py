"""Own rules from the disk: a folder of SQL files or one of them, read, checked, and made into a pack."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from perito_kernel.errors import Invalid
from perito_kernel.rule_packs import MOST_RULES, MOST_TEXT_BYTES, RuleText, pack_bytes, read_pack

if TYPE_CHECKING:
    from perito_rules.user_rules import Checked

_MOST_TOLD = 20


def read_rules(path: Path) -> list[RuleText]:
    """The rules at `path`, sorted by name. Raises `Invalid` RULES_MISSING, RULE_UNREADABLE, RULES_TOO_MANY."""
    files = sorted(path.glob("*.sql")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise Invalid("RULES_MISSING", f"There is no rule at {path}: name a folder with .sql files, or one such file.")
    if len(files) > MOST_RULES:
        raise Invalid("RULES_TOO_MANY", f"{path} holds {len(files)} rules; at most {MOST_RULES} can be run at once.")
    return [RuleText(file.name, _text(file)) for file in files]


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_TEXT_BYTES + 1).decode("utf-8")  # one more is seen by the check, which says so
    except OSError as error:
        raise Invalid("RULE_UNREADABLE", f"{file} cannot be read ({error.strerror}).", {"file": str(file)}) from error
    except UnicodeDecodeError as error:
        told = f"{file} is not UTF-8 (byte {error.start + 1}): save it as UTF-8 text."
        raise Invalid("RULE_UNREADABLE", told, {"file": str(file)}) from error


def pack_of(path: Path | None) -> bytes:
    """The pack of the rules at `path`, checked; empty for None. Raises `Invalid`, RULE_REFUSED with every place where
    something is wrong."""
    if path is None:
        return b""
    from perito_standalone.checked_rules import checked_apart  # noqa: PLC0415  # only where there are rules

    texts = read_rules(path)
    lines = [line for one in checked_apart(texts) for line in problem_lines(path, one)]
    if lines:
        more = [f"... and {len(lines) - _MOST_TOLD} more"] if len(lines) > _MOST_TOLD else []
        told = "\n  ".join(["Rules are refused, nothing was examined:", *lines[:_MOST_TOLD], *more])
        raise Invalid("RULE_REFUSED", told)
    return pack_bytes(texts)


def own_rules_facts(pack: bytes) -> list[dict[str, str]]:
    """What `run.json` says of the own rules of a run: each file by name and content."""
    return [{"name": rule.name, "sha256": hashlib.sha256(rule.text.encode()).hexdigest()} for rule in read_pack(pack)]


def place_of(path: Path, name: str) -> str:
    """How a rule's file is called when something is said of it."""
    return str(path / name if path.is_dir() else path)


def problem_lines(path: Path, one: "Checked") -> list[str]:
    """What is wrong with a rule, a line for each place in its file."""
    place = place_of(path, one.name)
    return [f"{place}, line {p.line}, column {p.column}: {p.message} ({p.reason})" for p in one.problems]
