"""A tenant's own rules on their way to a phase: the files' names and texts, as one JSON object in the object store.

The same rules give the same bytes, whatever order they came in, so a pack is known by its content.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from perito_kernel.errors import Invalid

MOST_RULES = 50
MOST_TEXT_BYTES = 64 * 1024
MOST_PACK_BYTES = 7 * MOST_RULES * MOST_TEXT_BYTES
"""JSON may need six bytes for one of a text."""

MEDIA_TYPE = "application/json"
_VERSION = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


@dataclass(frozen=True)
class RuleText:
    """A rule's file: its name and its text."""

    name: str
    text: str


def pack_bytes(rules: Iterable[RuleText]) -> bytes:
    """The pack of some rules, sorted by name. Raises `Invalid` RULE_PACK_INVALID."""
    ordered = _checked(sorted(rules, key=lambda rule: rule.name))
    body = {"version": _VERSION, "rules": [{"name": rule.name, "text": rule.text} for rule in ordered]}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_pack(content: bytes) -> list[RuleText]:
    """The rules of a pack. Raises `Invalid` RULE_PACK_INVALID where it is none."""
    if len(content) > MOST_PACK_BYTES:
        raise _invalid(f"it has {len(content)} bytes, more than {MOST_PACK_BYTES}")
    try:
        body: Any = json.loads(content)
        if body["version"] != _VERSION:
            raise _invalid("its version is not known here")
        rules = [_rule(entry) for entry in cast("Sequence[Any]", body["rules"])]
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise _invalid("it is not JSON of the agreed form") from error
    return _checked(rules)


def header_word(text: str, field: str) -> str:
    """The value of a field on a line of its own in a rule's header, or "": for whoever must not parse it."""
    header = text.partition("*/")[0]
    found = re.search(rf"""^{field}:[ \t]*["']?([^\s"'#]{{1,40}})""", header, re.MULTILINE)
    return found[1] if found else ""


def _rule(entry: Any) -> RuleText:
    name, text = entry["name"], entry["text"]
    if not isinstance(name, str) or not isinstance(text, str):
        raise TypeError
    return RuleText(name, text)


def _checked(rules: list[RuleText]) -> list[RuleText]:
    if len(rules) > MOST_RULES:
        raise _invalid(f"it holds {len(rules)} rules, more than {MOST_RULES}")
    names = [rule.name for rule in rules]
    if names != sorted(set(names)):
        raise _invalid("two rules have one name, or they are not sorted by it")
    for rule in rules:
        if not _NAME.fullmatch(rule.name):
            raise _invalid(
                f"{rule.name[:40]!r} is no name of a file: letters, digits, dots, dashes and underscores are"
            )
        try:
            size = len(rule.text.encode())
        except UnicodeEncodeError as error:
            raise _invalid(f"{rule.name} holds half of a character") from error
        if size > MOST_TEXT_BYTES:
            raise _invalid(f"{rule.name} has {size} bytes, more than {MOST_TEXT_BYTES}: make two rules of it")
    return rules


def _invalid(why: str) -> Invalid:
    return Invalid("RULE_PACK_INVALID", f"These rules cannot be taken together: {why}.")
