"""Reads rule files: a YAML header in a comment, then SQL. A file that promises less than a rule must is refused.

The checks here are about form (is every promise made, do the sections exist that the kind needs). Whether the SQL can
be reproduced is the linter's question; it costs a parse per rule, so it is asked by tests and by `check_rules`, not in
every run.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, cast

import yaml
from perito_kernel.errors import Invalid
from perito_kernel.findings import Severity

from perito_rules.model import FLOOD, Kind, Parameter, ParameterType, Rule, Section, Text


def _plain_loader() -> Any:
    """A safe YAML loader to which `on`, `off`, `yes` and `no` are words, as YAML 1.2 has it: columns are called so."""
    plain: Any = type("_PlainLoader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    known = cast("Mapping[str, list[tuple[str, Any]]]", plain.yaml_implicit_resolvers)
    plain.yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, forms in known.items()
    }
    return plain


_LOADER = _plain_loader()
_HEADER = re.compile(r"\A\s*/\*\s*---\s*\n(?P<yaml>.*?)\n\s*---\s*\*/[^\S\n]*\n?", re.DOTALL)
_SECTION = re.compile(r"^--[ \t]*section:[ \t]*(?P<name>\w+)[ \t]*$", re.MULTILINE)

_SECTIONS = {
    Kind.ROW: ({"expression"}, set[str]()),
    Kind.SET: ({"violations", "evaluated", "evidence"}, {"population", "facts"}),
    Kind.METRIC: ({"kpis", "evaluated"}, {"population", "facts"}),
    Kind.FUNCTION: ({"input", "evidence"}, {"population"}),
    Kind.VIEW: ({"view"}, set[str]()),
    Kind.GUARD: (set[str](), set[str]()),
}
_SINGLE = {Kind.ROW: "expression", Kind.VIEW: "view"}
_FIELDS = {
    *("id", "version", "kind", "title", "severity", "grain", "unit", "identity", "needs", "optional", "uses"),
    *("parameters", "impact", "recoverable", "explains", "entities", "partition_by", "texts", "explanation", "remedy"),
    *("words", "source", "each", "table", "where", "select", "values", "function", "phase", "unique", "one_of"),
    *("stored", "confidence_limit", "position_bound"),
}
OWN_FIELDS = _FIELDS - {"each", "function", "stored", "confidence_limit"} | {"example"}
"""Fields of the header of a tenant's own rule."""

_EACH = {"", "keyed_table", "typed_column"}


@cache
def load_rules(package: str) -> tuple[Rule, ...]:
    """All rules of a package of SQL files, sorted by id; read once a process. Raises Invalid `RULE_MALFORMED`."""
    rules = [parse_rule(text, name) for name, text in _texts(package)]
    ids = [rule.id for rule in rules]
    for rule in rules:
        if ids.count(rule.id) > 1:
            raise _malformed(rule.file, 1, f"id {rule.id} stands in two files: give one of them another")
    return tuple(sorted(rules, key=lambda rule: rule.id))


def parse_rule(text: str, file: str) -> Rule:
    """The rule of one file's text. Raises Invalid `RULE_MALFORMED`."""
    header, body = read_header(text, file)
    unknown = sorted(header.keys() - _FIELDS)
    if unknown:
        raise _malformed(file, 1, f"unknown header field {unknown[0]}")
    return rule_of(header, body, text, file)


def read_header(text: str, file: str) -> tuple[dict[str, Any], int]:
    """The header of a rule's file, and where the SQL begins in it. Raises Invalid `RULE_MALFORMED`."""
    match = _HEADER.match(text)
    if match is None:
        raise _malformed(file, 1, "the file must begin with /* --- YAML --- */")
    try:
        raw = yaml.load(match["yaml"], _LOADER)  # noqa: S506  # it is the safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = text[: match.start("yaml")].count("\n") + (mark.line if mark else 0) + 1
        raise _malformed(file, line, "the header is not YAML") from error
    if not isinstance(raw, dict):
        raise _malformed(file, 1, "the header must be a mapping")
    return cast("dict[str, Any]", raw), match.end()


def rule_of(header: Mapping[str, Any], body: int, text: str, file: str) -> Rule:
    """The rule of a header and the SQL that begins at `body`. Raises Invalid `RULE_MALFORMED`."""
    kind = _word(file, header, "kind", [k.value for k in Kind])
    sections = _sections(text, body, Kind(kind), file)
    return _checked(_rule(header, sections, file, text), file)


def _texts(package: str) -> list[tuple[str, str]]:
    found = [entry for entry in files(package).iterdir() if entry.name.endswith(".sql")]
    return [(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)]


def _sections(text: str, start: int, kind: Kind, file: str) -> list[tuple[str, Section]]:
    marks = list(_SECTION.finditer(text, start))
    if kind is Kind.GUARD and not marks:
        return []
    if kind in _SINGLE and not marks:
        return [(_SINGLE[kind], _section(text, start, len(text)))]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found = [(m["name"], _section(text, m.end(), end)) for m, end in zip(marks, ends, strict=False)]
    required, allowed = _SECTIONS[kind]
    names = [name for name, _ in found]
    for name, section in found:
        if name not in required | allowed:
            raise _malformed(file, section.line, f"a {kind.value} rule has no section {name}")
        if name != "evidence" and names.count(name) > 1:
            raise _malformed(file, section.line, f"section {name} stands twice; only evidence may")
        if not section.sql:
            raise _malformed(file, section.line, f"section {name} is empty")
    for name in sorted(required - set(names)):
        raise _malformed(file, 1, f"a {kind.value} rule needs a section {name} (line: -- section: {name})")
    return found


def _section(text: str, start: int, end: int) -> Section:
    body = text[start:end]
    blank = len(body) - len(body.lstrip())
    line = text[: start + blank].count("\n") + 1
    return Section(body.strip().rstrip(";").rstrip(), line)


def _rule(header: Mapping[str, Any], sections: list[tuple[str, Section]], file: str, text: str) -> Rule:
    kind = Kind(header["kind"])
    texts = cast("Mapping[str, Any]", header.get("texts") or {})
    return Rule(
        id=str(header.get("id", "")),
        version=str(header.get("version", "")),
        kind=kind,
        title=_text(header.get("title")),
        severity=Severity(_word(file, header, "severity", [s.value for s in Severity], default="info")),
        grain=str(header.get("grain", "")),
        unit=str(header.get("unit", "rows")),
        identity=_names(header.get("identity")),
        needs=_columns(header.get("needs")),
        optional=_columns(header.get("optional")),
        one_of=_names(header.get("one_of")),
        uses=_names(header.get("uses")),
        parameters=_parameters(header.get("parameters") or {}, kind, file),
        impact=str(header.get("impact", "")),
        confidence_limit=_limit(header.get("confidence_limit"), file),
        position_bound=str(header.get("position_bound", "")),
        recoverable=bool(header.get("recoverable", False)),
        explains=_names(header.get("explains")),
        entities=_names(header.get("entities")),
        partition_by=_names(header.get("partition_by")),
        finding=_text(texts.get("finding")),
        explanation=_text(header.get("explanation")),
        remedy=_text(header.get("remedy")),
        words=_words(header.get("words") or {}, file),
        source=str(header.get("source", "")),
        each=str(header.get("each", "")),
        table=str(header.get("table", "")),
        where=str(header.get("where", "")),
        select=_expressions(header.get("select")),
        values=_names(header.get("values")),
        function=str(header.get("function", "")),
        unique=MappingProxyType({k: frozenset(v) for k, v in _columns(header.get("unique")).items()}),
        stored=bool(header.get("stored", True)),
        sections=MappingProxyType({name: section for name, section in sections if name != "evidence"}),
        evidence=tuple(section for name, section in sections if name == "evidence"),
        file=file,
        sql=_HEADER.sub("", text, count=1).strip(),
        header=MappingProxyType(dict(header)),
    )


def _checked(rule: Rule, file: str) -> Rule:
    if not re.fullmatch(r"[a-z][a-z0-9_]*" if rule.kind is Kind.VIEW else r"[A-Z]-\d{2,3}|U-\d{4}", rule.id):
        raise _malformed(file, 1, f"id {rule.id!r} is no catalogue id like C-006 (a view: lower_snake)")
    if not re.fullmatch(r"\d+(\.\d+)*", rule.version):
        raise _malformed(file, 1, "version must be a number like 1 or 1.2")
    if not rule.stored and (rule.kind is not Kind.VIEW or rule.parameters):
        raise _malformed(file, 1, "only a shared view without parameters may be left unstored")
    if rule.kind is Kind.VIEW:
        return rule
    for name in _missing(rule):
        raise _malformed(file, 1, f"the header lacks {name}")
    if rule.each not in _EACH:
        raise _malformed(file, 1, f"each must be keyed_table or typed_column, not {rule.each}")
    if rule.kind is not Kind.METRIC and not re.match(r"column$|none, because \S", rule.impact):
        raise _malformed(file, 1, 'impact must be "column" or "none, because ..."')
    if rule.position_bound and not re.match(r"because \S", rule.position_bound):
        raise _malformed(file, 1, 'position_bound must say why: "because ..."')
    if rule.kind is Kind.FUNCTION and not re.fullmatch(r"[a-z_][\w.]*:[a-z_]\w*", rule.function):
        raise _malformed(file, 1, "function must read package.module:function")
    _check_names(rule, file)
    return rule


def _check_names(rule: Rule, file: str) -> None:
    """Names in the header that must stand in another of its lists, or must not."""
    if rule.kind is Kind.ROW and not rule.each and rule.table not in rule.needs:
        raise _malformed(file, 1, f"table {rule.table!r} must be one of needs")
    for name in rule.one_of:
        table, _, column = name.rpartition(".")
        if name not in rule.parameters and column not in rule.optional.get(table, ()):
            raise _malformed(file, 1, f"one_of {name} must be a parameter, or a column (table.column) of optional")
    foreign = [name for name in rule.entities if name not in rule.identity]
    if foreign:
        raise _malformed(file, 1, f"entity {foreign[0]} must be one of identity: cases are joined by it")
    shared = sorted(set(rule.needs) & set(rule.uses))
    if shared:
        raise _malformed(file, 1, f"{shared[0]} is a shared view: name it in uses only")


def _missing(rule: Rule) -> list[str]:
    wanted: dict[str, object] = {
        "title (en and es)": rule.title.en and rule.title.es,
        "explanation (en and es)": rule.explanation.en and rule.explanation.es,
        "remedy (en and es)": rule.remedy.en and rule.remedy.es,
        "grain": rule.grain,
        "source": rule.source,
        "needs": rule.needs or rule.each or rule.one_of,
    }
    if rule.kind is not Kind.METRIC:
        wanted["identity"] = rule.identity
        wanted["texts.finding (en and es)"] = rule.finding.en and rule.finding.es
        wanted["severity"] = rule.header.get("severity")
    return [name for name, value in wanted.items() if not value]


def _parameters(raw: Mapping[str, Any], kind: Kind, file: str) -> Mapping[str, Parameter]:
    found: dict[str, Parameter] = {} if kind in {Kind.METRIC, Kind.VIEW, Kind.GUARD} else dict(FLOOD)
    for name, body in raw.items():
        inherited = found.get(name)
        type_word = str(body.get("type", inherited.type.value if inherited else ""))
        meaning = str(body.get("meaning", inherited.meaning if inherited else ""))
        if type_word not in [t.value for t in ParameterType] or "default" not in body or not meaning:
            raise _malformed(file, 1, f"parameter {name} needs type, default and meaning")
        blank = Parameter(name, ParameterType(type_word), "", meaning)
        found[name] = Parameter(name, blank.type, blank.read(body["default"]), meaning)
    return MappingProxyType(found)


def _text(raw: object) -> Text:
    if not isinstance(raw, Mapping):
        return Text()
    pair = cast("Mapping[str, object]", raw)
    return Text(" ".join(str(pair.get("en") or "").split()), " ".join(str(pair.get("es") or "").split()))


def _words(raw: Mapping[str, Any], file: str) -> Mapping[str, Text]:
    """`name: {en, es}`; where English is left out, the name itself with blanks for underscores is the word."""
    found: dict[str, Text] = {}
    for name, body in raw.items():
        text = _text(body)
        # YAML reads 2025 as a number.
        if not isinstance(cast("object", name), str):
            raise _malformed(file, 1, f"word {name!r} is no text to YAML: put it in quotes")
        if not text.es:
            raise _malformed(file, 1, f"word {name!r} needs es (and en where the name does not say it)")
        found[name] = Text(text.en or name.replace("_", " "), text.es)
    return MappingProxyType(found)


def _limit(raw: object, file: str) -> Decimal | None:
    """A confidence: above 0 and below 1, with at most four places; None where none is stated."""
    if raw is None:
        return None
    try:
        limit = Decimal(str(raw))
    except InvalidOperation:
        limit = Decimal(0)
    if not 0 < limit < 1 or limit != round(limit, 4):
        raise _malformed(file, 1, "confidence_limit must be a number above 0 and below 1 with at most four places")
    return limit


def _names(raw: object) -> tuple[str, ...]:
    if raw is None or raw == "":
        return ()
    return tuple(str(name) for name in cast("Sequence[object]", [raw] if isinstance(raw, str) else raw))


def _columns(raw: object) -> Mapping[str, tuple[str, ...]]:
    tables = cast("Mapping[str, object]", raw or {})
    return MappingProxyType({str(table): _names(columns) for table, columns in tables.items()})


def _expressions(raw: object) -> Mapping[str, str]:
    named = cast("Mapping[str, object]", raw or {})
    return MappingProxyType({name: str(sql) for name, sql in named.items()})


def _word(file: str, header: Mapping[str, Any], name: str, words: list[str], default: str = "") -> str:
    word = str(header.get(name, default))
    if word not in words:
        raise _malformed(file, 1, f"{name} must be one of {', '.join(words)}, not {word or 'absent'}")
    return word


def _malformed(file: str, line: int, message: str) -> Invalid:
    return Invalid("RULE_MALFORMED", f"{file}, line {line}: {message}", {"file": file, "line": line})
