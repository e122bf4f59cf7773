"""Reads one query of a rule and says what in it could give another answer on another run.

Two questions: does an order decide anything (then it must have no ties), and does floating point get into an aggregate
or out of a SELECT (then its last bits depend on the threads).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from perito_rules import lint_words as words
from perito_rules.lint_keys import Keys, covers, group_terms, loose_joins, resolve, row_key, scope_keys, sources

_FLOAT_TYPES = {exp.DataType.Type.FLOAT, exp.DataType.Type.DOUBLE}
_NEVER_FLOAT = (exp.Predicate, exp.Query, exp.Subquery, exp.Not, exp.Column, exp.Count)
_CONNECTORS = (exp.And, exp.Or, exp.Xor, exp.Not)


@dataclass(frozen=True)
class Complaint:
    """A construct that is refused: where (line within the query, 1-based), what, and what to write instead."""

    line: int
    construct: str
    remedy: str


def lint_query(query: exp.Expr, outer: Keys) -> Iterator[Complaint]:
    """All complaints about a parsed query. `outer` are the tables it may name, with their unique keys."""
    if not isinstance(query, exp.Query):
        yield Complaint(1, type(query).__name__.upper(), "a section is one SELECT")
        return
    yield from _functions(query)
    for select in query.find_all(exp.Select):
        keys = _keys_at(select, outer)
        yield from _sources(select, keys)
        yield from _orders(select, keys)
        yield from _joins(select, keys)
        yield from _floats(select)
    for node in query.find_all(exp.Limit, exp.Fetch, exp.Offset):
        if not isinstance(node.parent, exp.Select):
            yield Complaint(line_of(node), "LIMIT of a UNION or of brackets", "put it into a SELECT with a total order")
    for node in query.find_all(exp.TableSample, exp.Pivot):
        yield Complaint(line_of(node), type(node).__name__.upper(), "write it with GROUP BY, over all rows")


def line_of(node: exp.Expr) -> int:
    """Line of a node within its query; sqlglot notes it on names and most functions."""
    for part in node.walk():
        if "line" in part.meta:
            return int(part.meta["line"])
    parent = node.parent
    return line_of(parent) if parent is not None else 1


def function_name(node: exp.Expr) -> str:
    """Lower-case name of a function, aggregate or window function; "" for operators."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    if isinstance(node, exp.Func) and not isinstance(node, _CONNECTORS):
        return node.sql_name().lower()
    return ""


def _names(node: exp.Expr) -> set[str]:
    """All names by which sqlglot knows a function: its own and the dialects'."""
    own = function_name(node)
    if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous):
        return {own, *(name.lower() for name in type(node).sql_names())}
    return {own}


def _functions(query: exp.Expr) -> Iterator[Complaint]:
    known = words.AGGREGATES | words.ORDERED_AGGREGATES | words.ORDERED_WINDOWS | words.FREE_WINDOWS | words.SCALARS
    for node in query.find_all(exp.Func):
        name = function_name(node)
        if name and not _names(node) & known:
            yield Complaint(line_of(node), name, words.remedy(name))


def _keys_at(select: exp.Select, outer: Keys) -> Keys:
    """Tables in scope at a SELECT: those of all queries around it, outermost first."""
    around: list[exp.Expr] = [select]
    node = select.parent
    while node is not None:
        if isinstance(node, exp.Query):
            around.append(node)
        node = node.parent
    keys = outer
    for query in reversed(around):
        keys = scope_keys(query, keys)
    return keys


def _sources(select: exp.Select, keys: Keys) -> Iterator[Complaint]:
    for source in sources(select):
        if not isinstance(source, exp.Table):
            continue
        if isinstance(source.this, exp.Func):
            name = function_name(source.this)
            if not _names(source.this) & words.TABLE_FUNCTIONS:
                yield Complaint(line_of(source), f"table function {name}", "a rule reads canonical tables only")
        elif source.db or source.catalog:
            yield Complaint(line_of(source), f"table {source.db}.{source.name}", "a rule reads canonical tables only")
        elif source.name.lower() not in keys:
            yield Complaint(line_of(source), f"table {source.name}", "name it in needs, optional or uses")


def _joins(select: exp.Select, keys: Keys) -> Iterator[Complaint]:
    for join in loose_joins(select, keys):
        yield Complaint(line_of(join), "ASOF JOIN to rows with ties", "group its right side by what the join compares")
    for join in select.args.get("joins") or ():
        if (join.method or "").upper() == "POSITIONAL":
            yield Complaint(line_of(join), "POSITIONAL JOIN", "rows have no position: join by key")


def _orders(select: exp.Select, keys: Keys) -> Iterator[Complaint]:
    """Whatever depends on the order of rows must have an order without ties."""
    rows = row_key(select, keys).key
    plain: list[exp.Expr] | None = (
        None if rows is None else [exp.column(column, table=source) for source, column in sorted(rows)]
    )
    grouped = group_terms(select) if select.args.get("group") else plain
    after = "end its ORDER BY in _file_id, _record, or in what was grouped by"
    for node in _own(select, exp.Window):
        if _window_needs_order(node) and not _total(select, *_window_terms(select, node), grouped):
            yield Complaint(line_of(node), f"{function_name(_inner(node))} over an order with ties", after)
    inside = group_terms(select) if select.args.get("group") else []
    for node in _own(select, exp.Func):
        if _names(node) & words.ORDERED_AGGREGATES and not isinstance(node.parent, exp.Window):
            order = node.find(exp.Order)
            terms = [resolve(select, term) for term in order.expressions] if order else []
            value = order.this if order is not None else None
            if not (_is_own_order(node, value, terms) or (terms and _total(select, terms, inside, plain))):
                yield Complaint(line_of(node), f"{function_name(node)} without a total order", after)
    limited = select.args.get("limit") or select.args.get("offset")
    distinct = select.args.get("distinct")
    if limited or (distinct and distinct.args.get("on")):
        order = select.args.get("order")
        terms = list[exp.Expr](order.expressions) if order else []
        unique = None if distinct and not distinct.args.get("on") else grouped
        if not terms or not _total(select, terms, [], unique):
            yield Complaint(line_of(limited or select), "LIMIT or DISTINCT ON without a total order", after)


def _own(select: exp.Select, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Nodes of a kind that belong to this SELECT and not to one inside it."""
    for node in select.find_all(kind):
        if node.find_ancestor(exp.Select) is select:
            yield node


def _inner(window: exp.Expr) -> exp.Expr:
    inner = window.this
    while isinstance(inner, exp.IgnoreNulls | exp.RespectNulls | exp.Filter):
        inner = inner.this
    return inner


def _window_needs_order(window: exp.Expr) -> bool:
    inner = _inner(window)
    if isinstance(inner, exp.Identifier):
        return False  # the definition of a named window
    if _names(inner) & (words.ORDERED_WINDOWS | words.ORDERED_AGGREGATES):
        return True
    spec = window.args.get("spec")
    return spec is not None and str(spec.args.get("kind", "")).upper() == "ROWS"


def _window_terms(select: exp.Select, window: exp.Expr) -> tuple[list[exp.Expr], list[exp.Expr]]:
    for named in select.args.get("windows") or ():
        if named.name.lower() == window.alias.lower() and not window.args.get("order"):
            window = named
            break
    order = window.args.get("order")
    return list(order.expressions) if order else [], list(window.args.get("partition_by") or ())


def _total(
    select: exp.Select,
    order: list[exp.Expr],
    fixed: list[exp.Expr],
    unique: list[exp.Expr] | None,
) -> bool:
    if unique is None or not order:
        return False
    if any(isinstance(term, exp.Ordered) and term.this.name.upper() == "ALL" for term in order):
        order = list(select.expressions)
    terms = [resolve(select, term) for term in (*order, *fixed)]
    terms += [term.this if isinstance(term, exp.Ordered) else term for term in (*order, *fixed)]
    return covers(terms, unique)


def _is_own_order(node: exp.Expr, value: exp.Expr | None, terms: list[exp.Expr]) -> bool:
    """True for `list(x ORDER BY x)`: rows that tie bring the same value, so their order shows nowhere."""
    if value is None or not _names(node) & {"list", "array_agg", "string_agg", "group_concat", "listagg"}:
        return False
    inner = value.expressions[0] if isinstance(value, exp.Distinct) and value.expressions else value
    return covers(terms, [inner])


def _floats(select: exp.Select) -> Iterator[Complaint]:
    for node in _own(select, exp.AggFunc):
        given = [value for value in node.iter_expressions() if not isinstance(value, exp.Order)]
        if any(is_float(value) for value in given):
            yield Complaint(
                line_of(node), f"{function_name(node)} over floating point", "cast its argument to DECIMAL first"
            )
    for projection in select.expressions:
        if is_float(projection.unalias()):
            yield Complaint(
                line_of(projection),
                f"floating point in column {projection.alias_or_name or '?'}",
                "write ratio(a, b), or cast the value to DECIMAL before it leaves its SELECT",
            )


def is_float(node: exp.Expr) -> bool:
    """True where an expression's value may be binary floating point."""
    if isinstance(node, exp.Cast):
        return node.to.this in _FLOAT_TYPES
    if isinstance(node, _NEVER_FLOAT) or function_name(node) == "ratio":
        return False
    if isinstance(node, exp.Literal):
        return not node.is_string and "e" in node.this.lower()
    if isinstance(node, exp.Div) or _names(node) & words.FLOATS:
        return True
    return any(is_float(part) for part in _value_parts(node))


def _value_parts(node: exp.Expr) -> list[exp.Expr]:
    """The parts of an expression that its value is made of: not the conditions of a CASE, not a window's order."""
    if isinstance(node, exp.Filter | exp.Window):
        return [node.this]
    if isinstance(node, exp.Case | exp.If):
        branches = [branch.args.get("true") for branch in node.args.get("ifs") or ()]
        branches += [node.args.get("true"), node.args.get("default"), node.args.get("false")]
        return [branch for branch in branches if branch is not None]
    return list(node.iter_expressions())
