"""Refuses rules whose answer could depend on threads, on the order of rows, on the clock or on chance.

Determinism is a property of the rule, checked by machine. This costs a parse per section (tens of milliseconds), so it
is done where rules are made, in the tests of each phase and by `check_rules`, and not in every run: the rules of a run
are the files that were tested, and the plan holds their digest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import sqlglot
from perito_kernel.errors import Invalid
from sqlglot import exp
from sqlglot.errors import SqlglotError

from perito_rules.canonical import ROW_COLUMNS, SYSTEM_TABLES, Table, load_canonical, physical_columns
from perito_rules.lint_keys import ROW, DeclaredKey, Key, output_key, sources
from perito_rules.lint_query import Complaint, line_of, lint_query
from perito_rules.loader import load_rules
from perito_rules.model import Kind, Rule, Section
from perito_rules.planner import Instance, expand

SHARED = "perito_rules.shared"


def check_rules(rules: Sequence[Rule]) -> None:
    """Raises Invalid `RULE_NOT_REPRODUCIBLE` for the first construct that is refused, with file, line and remedy."""
    for rule in rules:
        for complaint in lint(rule):
            raise Invalid(
                "RULE_NOT_REPRODUCIBLE",
                f"{rule.file}, line {complaint.line}: {complaint.construct}: {complaint.remedy}",
                {"rule": rule.id, "file": rule.file, "line": complaint.line, "construct": complaint.construct},
            )


def lint(rule: Rule) -> list[Complaint]:
    """All complaints about a rule; lines are those of its file."""
    found = [*_unknown_needs(rule), *_shown_people(rule)]
    instance = _example(rule)
    keys = _known(rule, instance)
    if rule.kind is Kind.FUNCTION:  # its violations are made by the function, before the evidence
        keys["violations"] = frozenset(rule.identity)
    for name, section in _queries(rule):
        text = instance.fill(section.sql)
        try:
            statements = sqlglot.parse(text, dialect="duckdb")
        except SqlglotError as error:
            found.append(Complaint(section.line, f"section {name}", f"it does not parse: {str(error)[:120]}"))
            continue
        if len(statements) != 1 or statements[0] is None:
            found.append(Complaint(section.line, f"section {name}", "a section is one statement"))
            continue
        query = statements[0]
        complaints = [*lint_query(query, keys), *_undeclared(query, rule, instance), *_ordered_input(name, query, keys)]
        complaints += _unnamed(query, rule, instance)
        complaints += _people(name, query, rule)
        found += [Complaint(section.line + c.line - 1, c.construct, c.remedy) for c in complaints]
        keys[name] = rule.unique.get(name) or output_key(query, keys)
        if name == "violations":
            keys[name] = keys[name] or frozenset(rule.identity)
    return found


def _shown_people(rule: Rule) -> Iterator[Complaint]:
    """What a row rule shows as evidence by name."""
    table = load_canonical().get(rule.table)
    for name in rule.values if table else ():
        column = table.columns.get(name.removesuffix("_source")) if table else None
        if column and column.personal and not column.names_person:
            yield Complaint(1, f"column {name} in values", "it describes a person: show the pseudonym of their key")


def _unknown_needs(rule: Rule) -> Iterator[Complaint]:
    known = {**load_canonical(), **SYSTEM_TABLES}
    for needs in (rule.needs, rule.optional):
        for table, columns in needs.items():
            real = dict(physical_columns(known[table])) if table in known else {}
            if not real:
                yield Complaint(1, f"table {table}", "canonical.yaml has no such table")
            yield from (
                Complaint(1, f"column {table}.{column}", "canonical.yaml has no such column")
                for column in columns
                if real and column not in real
            )


def _example(rule: Rule) -> Instance:
    """The rule itself, or a template filled in for one table: its SQL is the same for the others."""
    if not rule.each:
        return Instance(rule)
    schemas = {name: dict(physical_columns(load_canonical()[name])) for name in ("inventory",)}
    return expand(rule, schemas)[0][0]


def _known(rule: Rule, instance: Instance) -> dict[str, Key | None]:
    keys: dict[str, Key | None] = {}
    names = {*rule.needs, *rule.optional, *([instance.words["table"]] if "table" in instance.words else [])}
    for name in names:
        table = SYSTEM_TABLES.get(name)
        keys[name] = frozenset(table.key) or None if table else ROW
    return {**keys, **_shared_keys(rule), **_declared_keys(rule)}


def _shared_keys(rule: Rule) -> dict[str, Key | None]:
    """Keys of the shared views that a rule or view uses."""
    return {view.id: _shared_key(view) for view in _views_used(rule)}


def _views_used(rule: Rule) -> list[Rule]:
    return [view for view in load_rules(SHARED) if view.id in rule.uses] if rule.uses else []


def _view_query(view: Rule) -> exp.Query:
    query = sqlglot.parse_one(view.sections["view"].sql, dialect="duckdb")
    assert isinstance(query, exp.Query)  # noqa: S101  # the linter refuses a view that is none
    return query


def _declared_keys(rule: Rule) -> dict[str, Key | None]:
    return {name: DeclaredKey(columns) for name, columns in rule.unique.items()}


def _shared_key(shared: Rule) -> Key | None:
    tables: dict[str, Key | None] = dict.fromkeys((*shared.needs, *shared.optional), ROW)
    return output_key(_view_query(shared), {**tables, **_shared_keys(shared), **_declared_keys(shared)})


def _queries(rule: Rule) -> Iterator[tuple[str, Section]]:
    """The rule's queries in the order in which they run. A row rule's expressions are read as the scan uses them."""
    if rule.kind is Kind.ROW:
        body, line = rule.sections["expression"].sql, rule.sections["expression"].line
        yield "expression", Section(f"SELECT (\n{body}\n) AS e FROM {rule.table}", line - 1)
        where = f"SELECT 1 AS one FROM {rule.table} WHERE {rule.where or 'true'}"
        yield "where", Section(where, 1)
        for name, sql in rule.select.items():
            yield f"select {name}", Section(f"SELECT {sql} AS {name} FROM {rule.table}", 1)
        return
    for name in ("population", "violations", "input", "view", "evaluated", "facts", "kpis"):
        section = rule.section(name)
        if section:
            yield name, section
    yield from (("evidence", section) for section in rule.evidence)


def _ordered_input(name: str, query: exp.Expr, keys: dict[str, Key | None]) -> Iterator[Complaint]:
    """A function's input must come in an order without ties: the function may depend on it."""
    if name != "input" or not isinstance(query, exp.Query):
        return
    order = query.args.get("order")
    key = output_key(query, keys)
    named = {term.this.name.lower() for term in order.expressions} if order else set[str]()
    if key is None or not key <= named or not order:
        yield Complaint(1, "input without a total order", "end it with ORDER BY what it is grouped by")


_SHOWN = {"violations", "evidence", "facts", "kpis"}


def _people(name: str, query: exp.Expr, rule: Rule) -> Iterator[Complaint]:
    """Texts that describe a person (names, addresses) must not leave a rule; their keys are pseudonyms."""
    declared = {**load_canonical(), **SYSTEM_TABLES}
    tables = [declared[table] for table in {*rule.needs, *rule.optional} & declared.keys()]
    columns = [(table.name, column) for table in tables for column in table.columns.values()]
    hidden = {(table, column.name) for table, column in columns if column.personal and not column.names_person}
    unclear = {column for _, column in hidden} - {c.name for table, c in columns if (table, c.name) not in hidden}
    if not (name in _SHOWN or name.startswith("select ")) or not isinstance(query, exp.Query):
        return
    aliases = {table.alias_or_name: table.name for table in query.find_all(exp.Table)}
    for column in (c for projection in query.selects for c in projection.find_all(exp.Column)):
        table = aliases.get(column.table, "")
        if (table, column.name) in hidden or (table not in declared and column.name in unclear):
            remedy = "it describes a person: show the pseudonym of their key"
            yield Complaint(line_of(column), f"column {column.name} in what is shown", remedy)


def _undeclared(query: exp.Expr, rule: Rule, instance: Instance) -> Iterator[Complaint]:
    """Columns of a canonical table that the SQL reads and the header keeps quiet about."""
    known = {**load_canonical(), **SYSTEM_TABLES}
    declared = {*rule.needs, *rule.optional} & known.keys()
    if "table" in instance.words:
        return
    allowed = {c for table in (rule.needs, rule.optional) for columns in table.values() for c in columns}
    allowed |= {name for name, _ in ROW_COLUMNS}
    given = {e.alias.lower() for e in query.find_all(exp.Alias)}
    given |= {c.name.lower() for a in query.find_all(exp.TableAlias) for c in a.columns}
    given |= {name for view in _views_used(rule) for name in _view_query(view).named_selects}
    canonical = {column: table for table in declared for column in _stems(known[table])}
    for column in query.find_all(exp.Column):
        name = column.name.lower()
        stem = canonical.get(name)
        if stem is None or name in given or _declared(name, allowed):
            continue
        yield Complaint(line_of(column), f"column {stem}.{name}", f"name it in needs or optional of {stem}")


def _unnamed(query: exp.Expr, rule: Rule, instance: Instance) -> Iterator[Complaint]:
    """What means columns of a canonical table without naming them: rules see those that some rule names."""
    known = {**load_canonical(), **SYSTEM_TABLES}
    declared = {*rule.needs, *rule.optional, instance.words.get("table", "")} & known.keys()
    remedy = "name its columns: the table has those that rules name, and no others"
    for select in query.find_all(exp.Select):
        tables = {s.alias_or_name.lower(): s.name.lower() for s in sources(select) if isinstance(s, exp.Table)}
        tables = {alias: name for alias, name in tables.items() if name in declared}
        joins: list[exp.Join] = select.args.get("joins") or []
        for join in joins if tables else ():
            if (join.method or "").upper() == "NATURAL":
                yield Complaint(line_of(join), "NATURAL JOIN", remedy)
        for node in select.find_all(exp.Star, exp.Columns, exp.Column):
            if node.find_ancestor(exp.Select) is select and not isinstance(node.parent, exp.Count):
                whole = _whole_table(node, tables, known)
                if whole:
                    yield Complaint(line_of(node), f"all columns of table {whole}", remedy)


def _whole_table(node: exp.Expr, tables: Mapping[str, str], known: Mapping[str, Table]) -> str:
    """The table all of whose columns an expression stands for (`*`, `m.*`, `COLUMNS(...)`, `m` as a row), or ""."""
    if not isinstance(node, exp.Column):
        return "" if isinstance(node.parent, exp.Column) else next(iter(tables.values()), "")
    alias = (node.table if isinstance(node.this, exp.Star) else node.name if not node.table else "").lower()
    name = tables.get(alias, "")
    return name if name and (isinstance(node.this, exp.Star) or alias not in _stems(known[name])) else ""


def _stems(table: Table) -> list[str]:
    return [name for name, _ in physical_columns(table)]


def _declared(name: str, allowed: set[str]) -> bool:
    return name in allowed or re.sub(r"_(source|alternative|date)$", "", name) in allowed
