"""Reads the file of a tenant's own rule, and says what in its header is not what a header must be.

The header is that of the catalogue's rules but for a few fields; Spanish may be left out, and English stands for it.
Whoever wrote the file may mean harm, so its form is looked at before anything is made of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import yaml
from perito_kernel.errors import Invalid
from perito_kernel.rule_packs import MOST_TEXT_BYTES

from perito_rules.canonical import SYSTEM_TABLES, load_canonical, physical_columns
from perito_rules.loader import OWN_FIELDS, load_rules, read_header, rule_of
from perito_rules.model import Kind, Rule

OWN_PHASES = ("consistency", "pattern")
"""Phases that run own rules; the first where a header names none."""

_SHARED = "perito_rules.shared"
_ID = re.compile(r"U-(?:(?!000)\d{3}|[1-9]\d{3})")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_BLANKS = re.compile(r"\s{300}")
_MOST_YAML = 4_000
_MOST_NAMES = 30
_MOST_EVIDENCE = 5
_MOST_CHARACTERS = {"grain": 60, "unit": 60, "version": 20, "source": 300, "impact": 300, "where": 4_000, "id": 20}
_MAPPINGS = ("needs", "optional", "parameters", "words", "select", "unique")
_LISTS = ("identity", "uses", "one_of", "explains", "entities", "partition_by", "values")
_TEXTS = ("title", "explanation", "remedy")


@dataclass(frozen=True, order=True)
class Problem:
    """Why a rule is refused: where in its file (both from 1), a stable word, and a sentence that ends in what to do."""

    line: int
    column: int
    reason: str
    message: str


def own_phase(rule: Rule) -> str:
    """The phase that runs an own rule."""
    return str(rule.header.get("phase", OWN_PHASES[0]))


def read_own(text: str, file: str) -> tuple[Rule | None, list[Problem]]:
    """The rule of a file, or None, and what is wrong with its form and its header."""
    found = [*_of_text(text)] or [*_of_yaml(text)]
    if found:
        return None, found
    try:
        header, body = read_header(text, file)
    except (Invalid, ValueError, RecursionError) as error:
        unread = _malformed(1, "the header holds a value that cannot be read, such as a very long number: shorten it")
        return None, [_told(error) if isinstance(error, Invalid) else unread]
    return _read(header, body, text, file)


def _read(header: Mapping[str, Any], body: int, text: str, file: str) -> tuple[Rule | None, list[Problem]]:
    lines = _Lines(text, body)
    found = [*_of_fields(header, lines)]
    if found:
        return None, found
    try:
        rule = rule_of(_completed(header), body, text, file)
    except Invalid as error:
        return None, [_told(error, lines)]
    except (AttributeError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return None, [_malformed(1, "a field of the header has another form than it must: see docs/own-rules.md")]
    return rule, [*_of_rule(rule, lines)]


class _Lines:
    """On which line of the file a field of the header begins."""

    def __init__(self, text: str, body: int) -> None:
        self._header = text[:body]

    def of(self, field: str) -> int:
        found = re.search(rf"^{re.escape(field)}[ \t]*:", self._header, re.MULTILINE)
        return self._header[: found.start()].count("\n") + 1 if found else 1


def _of_text(text: str) -> Iterator[Problem]:
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_TEXT_BYTES:
        yield Problem(1, 1, "RULE_TEXT_TOO_LONG", f"{size} bytes are more than {MOST_TEXT_BYTES}: make two rules of it")
        return
    bare = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", text)
    if bare:
        yield _at(text, bare.start(), "RULE_MALFORMED", "a character that no text has: take it out")
    blank = _BLANKS.search(text)
    if blank:
        yield _at(text, blank.start(), "RULE_MALFORMED", "hundreds of blanks in a row: take them out")


def _at(text: str, place: int, reason: str, message: str) -> Problem:
    before = text[:place]
    return Problem(before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1, reason, message)


def _of_yaml(text: str) -> Iterator[Problem]:
    """References could make a tree of millions of nodes out of a line; nothing needs them."""
    start, end = text.find("---"), text.find("*/")
    header = text[start + 3 : end].rstrip().removesuffix("---") if -1 < start < end else ""
    above = text[: start + 3].count("\n")
    try:
        for number, event in enumerate(yaml.parse(header, yaml.SafeLoader)):
            mark = event.start_mark
            line, column = (above + mark.line + 1, mark.column + 1) if mark else (1, 1)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                yield Problem(line, column, "RULE_MALFORMED", "no & and * of YAML: write the value where it is meant")
                return
            if number > _MOST_YAML:
                yield Problem(line, column, "RULE_TOO_COMPLEX", "the header says too much: make two rules of it")
                return
    except (yaml.YAMLError, RecursionError, ValueError):
        return  # read_header says so


def _of_fields(header: Mapping[str, Any], lines: _Lines) -> Iterator[Problem]:
    for field in header:
        if field not in OWN_FIELDS:
            name = str(cast("object", field))[:40]
            yield _malformed(lines.of(name), f"an own rule has no header field {name}: leave it out")
    kind = header.get("kind")
    if kind not in {Kind.ROW.value, Kind.SET.value}:
        yield _malformed(lines.of("kind"), f"kind {str(cast('object', kind))[:40]}: an own rule is row or set")
    for field in _MAPPINGS:
        value = header.get(field)
        if value is not None and not (isinstance(value, dict) and all(isinstance(k, str) for k in cast("Any", value))):
            yield _malformed(lines.of(field), f"{field} must be a mapping of names: see docs/own-rules.md")
    for field in _LISTS:
        value = header.get(field)
        if value is not None and not isinstance(value, str) and not _is_texts(value):
            yield _malformed(lines.of(field), f"{field} must be a list of names: see docs/own-rules.md")
    for field, most in _MOST_CHARACTERS.items():
        if len(str(header.get(field, ""))) > most:
            yield _malformed(lines.of(field), f"{field} has more than {most} characters: shorten it")


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in cast("list[object]", value))


def _completed(header: Mapping[str, Any]) -> dict[str, Any]:
    """The header with Spanish where it has English only, and the other way round."""
    full = {**header, **{field: _in_both(header.get(field)) for field in _TEXTS}}
    texts = cast("Mapping[str, Any]", header.get("texts") or {})
    full["texts"] = {"finding": _in_both(texts.get("finding"))}
    words = cast("Mapping[str, Any]", header.get("words") or {})
    full["words"] = {name: _in_both(word or name.replace("_", " ")) for name, word in words.items()}
    full.setdefault("source", "Own rule")
    return full


def _in_both(raw: object) -> dict[str, str]:
    given = cast("Mapping[str, object]", raw) if isinstance(raw, Mapping) else {"en": raw}
    english, spanish = (" ".join(str(given.get(language) or "").split())[:2_000] for language in ("en", "es"))
    return {"en": english or spanish, "es": spanish or english}


def _of_rule(rule: Rule, lines: _Lines) -> Iterator[Problem]:
    if not _ID.fullmatch(rule.id):
        yield _malformed(lines.of("id"), f"id {rule.id!r}: an own rule is U-001 to U-9999")
    if own_phase(rule) not in OWN_PHASES:
        yield _malformed(lines.of("phase"), f"phase must be {' or '.join(OWN_PHASES)}")
    strange = [other for other in rule.explains if not _ID.fullmatch(other)]
    if strange:
        yield _malformed(lines.of("explains"), f"explains {strange[0]}: an own rule explains own rules only")
    if len(rule.evidence) > _MOST_EVIDENCE:
        yield _malformed(rule.evidence[_MOST_EVIDENCE].line, f"more than {_MOST_EVIDENCE} sections evidence: join them")
    yield from _of_names(rule, lines)
    yield from _of_columns(rule, lines)
    yield from _of_parameters(rule, lines)


def _of_names(rule: Rule, lines: _Lines) -> Iterator[Problem]:
    unique = [name for key, columns in rule.unique.items() for name in (key, *columns)]
    for field, names in (
        *(("identity", rule.identity), ("entities", rule.entities), ("partition_by", rule.partition_by)),
        *(("values", rule.values), ("select", tuple(rule.select)), ("parameters", tuple(rule.parameters))),
        *(("unique", tuple(unique)), ("words", tuple(rule.words))),
    ):
        wrong = [name for name in names if not (_NAME.fullmatch(name) or field == "words")]
        if wrong:
            told = f"{field}: {wrong[0][:40]!r} must be lower case letters, digits and underscores, a letter first"
            yield _malformed(lines.of(field), told)
        if len(names) > _MOST_NAMES:
            yield _malformed(lines.of(field), f"{field} has more than {_MOST_NAMES} names: leave some out")
    views = {view.id for view in load_rules(_SHARED)}
    foreign = [name for name in rule.uses if name not in views]
    if foreign:
        yield _malformed(lines.of("uses"), f"uses {foreign[0][:40]}: there are {', '.join(sorted(views))}")


def _of_columns(rule: Rule, lines: _Lines) -> Iterator[Problem]:
    known = {**load_canonical(), **SYSTEM_TABLES}
    for field, needs in (("needs", rule.needs), ("optional", rule.optional)):
        for table, columns in needs.items():
            if table not in known:
                told = f"{field}: there is no table {table[:40]!r}: docs/canonical.md lists them"
                yield Problem(lines.of(field), 1, "RULE_TABLE_REFUSED", told)
                continue
            real = dict(physical_columns(known[table]))
            for column in columns:
                if column not in real:
                    told = f"{field}: table {table} has no column {column[:40]!r}: docs/canonical.md lists them"
                    yield Problem(lines.of(field), 1, "RULE_COLUMN_UNKNOWN", told)


def _of_parameters(rule: Rule, lines: _Lines) -> Iterator[Problem]:
    for parameter in rule.parameters.values():
        value = parameter.default
        wide = isinstance(value, int) and abs(value) >= 2**63
        if isinstance(value, Decimal):
            wide = value.adjusted() > 30 or int(value.as_tuple().exponent) < -12
        if wide or len(str(value)) > 1_000 or len(parameter.meaning) > 500:
            yield _malformed(lines.of("parameters"), f"parameter {parameter.name} is too large: make it smaller")


def _malformed(line: int, message: str) -> Problem:
    return Problem(line, 1, "RULE_MALFORMED", message if ": " in message else f"{message}: see docs/own-rules.md")


def _told(error: Invalid, lines: _Lines | None = None) -> Problem:
    """What the loader says, where it says so, or where the field that it speaks of stands."""
    message = error.message.partition(": ")[2] if error.reason == "RULE_MALFORMED" else error.message
    line = int(error.details.get("line", 1))
    if lines is not None and line == 1:
        named = [word for word in re.findall(r"\w+", message) if word in OWN_FIELDS]
        line = lines.of(named[0]) if named else lines.of("parameters") if "parameter" in message else 1
    return _malformed(line, message)
