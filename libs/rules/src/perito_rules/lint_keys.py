"""Works out which columns tell the rows of a query apart, so that the linter can demand an order without ties.

Books are dirty: a table's own key may stand twice in it. So only `_file_id, _record` is unique in a canonical table;
after GROUP BY or DISTINCT it is what was grouped by. Where the key cannot be worked out (UNION ALL), the header may
name it under `unique`, and the determinism harness is what proves it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp


class DeclaredKey(frozenset[str]):
    """A unique key that the rule's header names; it stands for a query in the rule's own WITH."""


Key = frozenset[str]
Keys = Mapping[str, Key | None]
"""Unique key per table name in scope; None where there is none."""

ROW = frozenset({"_file_id", "_record"})


@dataclass(frozen=True)
class Rows:
    """The rows a SELECT works on: their unique key as (source, column) pairs, or None."""

    key: frozenset[tuple[str, str]] | None


def scope_keys(query: exp.Expr, outer: Keys) -> dict[str, Key | None]:
    """Keys of the tables that `query` may name: those outside and its own WITH."""
    keys = dict(outer)
    with_ = query.args.get("with_")
    for cte in with_.expressions if with_ else ():
        if not isinstance(keys.get(cte.alias.lower()), DeclaredKey):
            keys[cte.alias.lower()] = output_key(cte.this, keys)
    return keys


def output_key(query: exp.Expr, outer: Keys) -> Key | None:
    """Names of output columns that are unique together, or None."""
    keys = scope_keys(query, outer)
    if isinstance(query, exp.Subquery):
        return output_key(query.this, keys)
    if isinstance(query, exp.Union):
        distinct = bool(query.args.get("distinct")) and isinstance(query.left, exp.Select)
        return _all_columns(query.left) if distinct else None
    if not isinstance(query, exp.Select):
        return None
    distinct = query.args.get("distinct")
    if distinct and not distinct.args.get("on"):
        return _all_columns(query)
    terms = _unique_terms(query, keys)
    return None if terms is None else _projected(query, terms)


def _unique_terms(query: exp.Select, keys: Keys) -> list[exp.Expr] | None:
    """Expressions that are unique together in a SELECT's rows; none at all where it has one row."""
    first = _first_of_partition(query)
    if first is not None:
        return first
    if query.args.get("group"):
        constant = _one_row_sources(query, keys)
        return [t for t in group_terms(query) if not (isinstance(t, exp.Column) and t.table.lower() in constant)]
    if any(e.find(exp.AggFunc) and not e.find(exp.Window) for e in query.expressions):
        return []
    key = row_key(query, keys).key
    return None if key is None else [exp.column(column, table=source) for source, column in sorted(key)]


def _all_columns(query: exp.Expr) -> Key:
    return frozenset(projection.alias_or_name.lower() for projection in query.expressions)


def sources(query: exp.Select) -> list[exp.Expr]:
    """What a SELECT reads from: tables, subqueries and functions of its FROM and JOINs."""
    from_ = query.args.get("from_")
    joins: list[exp.Join] = query.args.get("joins") or []
    return [*([from_.this] if from_ else []), *(join.this for join in joins)]


def _one_row_sources(query: exp.Select, keys: Keys) -> set[str]:
    """Aliases of sources that have one row: their columns tell nothing apart."""
    return {s.alias_or_name.lower() for s in sources(query) if _source_key(s, keys) == frozenset()}


def loose_joins(query: exp.Select, keys: Keys) -> list[exp.Join]:
    """ASOF joins that may find several equal rows on their right side and take any of them."""
    joins: list[exp.Join] = query.args.get("joins") or []
    asof = [join for join in joins if (join.method or "").upper() == "ASOF"]
    return [join for join in asof if not _pinned(join, _source_key(join.this, keys))]


def _pinned(join: exp.Join, right: frozenset[tuple[str, str]] | None) -> bool:
    if right is None:
        return False
    spoken = {identifier.name.lower() for identifier in join.args.get("using") or ()}
    on = join.args.get("on")
    aliases = {alias for alias, _ in right}
    spoken |= {c.name.lower() for c in (on.find_all(exp.Column) if on else ()) if c.table.lower() in aliases}
    return all(column in spoken for _, column in right)


def row_key(query: exp.Select, keys: Keys) -> Rows:
    """What tells apart the rows that FROM and JOIN give, before grouping."""
    from_ = query.args.get("from_")
    if from_ is None:
        return Rows(frozenset())
    key = _source_key(from_.this, keys)
    for join in query.args.get("joins") or ():
        right = _source_key(join.this, keys)
        if (join.kind or "").upper() in {"SEMI", "ANTI"} or (join.method or "").upper() == "ASOF":
            continue
        if (join.side or "").upper() not in {"RIGHT", "FULL"} and right is not None and _covered(join, right):
            continue
        key = key | right if key is not None and right is not None else None
    return Rows(key)


def group_terms(query: exp.Select) -> list[exp.Expr]:
    """The expressions a SELECT groups by, ordinals and ALL resolved."""
    group = query.args["group"]
    if group.args.get("all"):
        return [e.unalias() for e in query.expressions if not e.find(exp.AggFunc)]
    return [resolve(query, term) for term in group.expressions]


def resolve(query: exp.Select, term: exp.Expr) -> exp.Expr:
    """A term of ORDER BY or GROUP BY, with ordinals and output names replaced by what they stand for."""
    if isinstance(term, exp.Ordered):
        term = term.this
    if isinstance(term, exp.Literal) and not term.is_string:
        at = int(term.this) - 1
        return query.expressions[at].unalias() if 0 <= at < len(query.expressions) else term
    if isinstance(term, exp.Column) and not term.table:
        for projection in query.expressions:
            if isinstance(projection, exp.Alias) and projection.alias.lower() == term.name.lower():
                return projection.this
    return term


def covers(terms: Iterable[exp.Expr], wanted: Iterable[exp.Expr]) -> bool:
    """True where each wanted expression is one of `terms` (a column without its table's name matches any table)."""
    given = list(terms)
    return all(any(_same(term, want) for term in given) for want in wanted)


def _same(term: exp.Expr, want: exp.Expr) -> bool:
    if isinstance(term, exp.Column) and isinstance(want, exp.Column):
        tables = {term.table.lower(), want.table.lower()} - {""}
        return term.name.lower() == want.name.lower() and len(tables) < 2
    return term.sql("duckdb").lower() == want.sql("duckdb").lower()


def _projected(query: exp.Select, terms: Iterable[exp.Expr]) -> Key | None:
    names: set[str] = set()
    for term in terms:
        name = _output_name(query, term)
        if name is None:
            return None
        names.add(name.lower())
    return frozenset(names)


def _output_name(query: exp.Select, term: exp.Expr) -> str | None:
    for projection in query.expressions:
        if _same(projection.unalias(), term):
            return projection.alias_or_name
    if isinstance(term, exp.Column):
        for projection in query.expressions:
            star = isinstance(projection, exp.Star) or (
                isinstance(projection, exp.Column)
                and isinstance(projection.this, exp.Star)
                and projection.table.lower() in {"", term.table.lower()}
            )
            if star:
                return term.name
    return None


def _source_key(source: exp.Expr, keys: Keys) -> frozenset[tuple[str, str]] | None:
    alias = source.alias_or_name.lower()
    if isinstance(source, exp.Subquery):
        key = output_key(source.this, keys)
    elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
        key = keys.get(source.name.lower())
    else:
        key = None
    return frozenset((alias, column) for column in key) if key is not None else None


def _covered(join: exp.Join, right: frozenset[tuple[str, str]]) -> bool:
    """True where the join fixes the whole key of its right side, so that it multiplies no row."""
    fixed = {identifier.name.lower() for identifier in join.args.get("using") or ()}
    on = join.args.get("on")
    parts = list(on.flatten()) if isinstance(on, exp.And) else [on]
    aliases = {alias for alias, _ in right}
    for part in parts:
        if isinstance(part, exp.EQ | exp.NullSafeEQ):
            sides = [part.left, part.right]
            fixed |= {s.name.lower() for s in sides if isinstance(s, exp.Column) and s.table.lower() in aliases}
    return all(column in fixed for _, column in right)


def _first_of_partition(query: exp.Select) -> list[exp.Expr] | None:
    """The PARTITION BY of `QUALIFY row_number() OVER (...) = 1`, which leaves one row per partition."""
    qualify = query.args.get("qualify")
    if qualify is None or not isinstance(qualify.this, exp.EQ):
        return None
    window, one = qualify.this.left, qualify.this.right
    if isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber) and one.name == "1":
        return [resolve(query, term) for term in window.args.get("partition_by") or ()]
    return None
