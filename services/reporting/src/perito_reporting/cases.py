"""Folds findings into cases: each case is one cause with the symptoms it explains, and costs what its cause costs.

A finding explains another where its rule declares it (`explains`, also through a chain of rules), they share an entity
(every entity column that both declare and fill is equal, and there is at least one) and their periods overlap (a
finding without a period overlaps all; one with a single end is that day). A symptom that several findings could
explain goes to the one sharing the most columns, then the costliest, then the first in order: it joins no two causes,
so symptoms never change what causes cost. Everything is sets in DuckDB; pairs of findings are never listed one by one.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from perito_reporting.headers import RuleHeader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def fold(con: "DuckDBPyConnection", headers: Mapping[str, RuleHeader]) -> None:
    """Adds to the connection's table `findings`:

    - `members` (n, cause, root): each finding once; `cause` is the finding that explains it (null for a root),
    - `cases` (root = n of its cause, explained = number of findings it explains), one row per root.
    """
    _make_nodes(con, headers)
    con.execute("create temp table links (n BIGINT, cause BIGINT, shared TINYINT, amount DECIMAL(26,4))")
    found = {row[0] for row in con.execute("select distinct rule_id from nodes").fetchall()}
    for cause, symptom in explaining_pairs(headers):
        if cause not in found or symptom not in found:
            continue
        common = sorted(set(headers[cause].entities) & set(headers[symptom].entities))
        _link(con, cause, symptom, common)
    con.execute("""
        create temp table members as
        select f.n, l.cause, coalesce(l.cause, f.n) as root
        from findings f left join (
            select n, cause,
                   row_number() over (partition by n order by shared desc, amount desc nulls last, cause) as place
            from links) l on l.n = f.n and l.place = 1""")
    _climb_to_roots(con)
    con.execute("""
        create temp table cases as
        select root, count(*) - 1 as explained from members group by root""")


def explaining_pairs(headers: Mapping[str, RuleHeader]) -> list[tuple[str, str]]:
    """(cause, symptom) rule ids: the transitive closure of `explains`, sorted and free of cycles.

    Rules that explain each other in a circle keep the direction from the smaller id to the larger.
    """
    reach = {rule_id: _reachable(rule_id, headers) for rule_id in headers}
    return [
        (cause, symptom)
        for cause in sorted(reach)
        for symptom in sorted(reach[cause])
        if cause != symptom and (cause not in reach[symptom] or cause < symptom)
    ]


def _reachable(start: str, headers: Mapping[str, RuleHeader]) -> set[str]:
    seen: set[str] = set()
    waiting = list(headers[start].explains)
    while waiting:
        rule_id = waiting.pop()
        if rule_id in headers and rule_id not in seen:
            seen.add(rule_id)
            waiting.extend(headers[rule_id].explains)
    return seen


def _make_nodes(con: "DuckDBPyConnection", headers: Mapping[str, RuleHeader]) -> None:
    entities = sorted({name for header in headers.values() for name in header.entities})
    columns = "".join(f""", json_extract_string(identity_json, '$."{name}"') as "e_{name}" """ for name in entities)
    con.execute(f"""
        create temp table nodes as
        select n, rule_id, abs(impact) as amount,
               coalesce(period_start, period_end, DATE '0001-01-01') as starts,
               coalesce(period_end, period_start, DATE '9999-12-31') as ends {columns}
        from findings""")  # noqa: S608 - entity names are checked when headers are read


def _link(con: "DuckDBPyConnection", cause: str, symptom: str, common: list[str]) -> None:
    """Adds the best cause for each symptom, for one pair of rules.

    Findings that leave an entity column empty are joined on the columns that both fill: one join per pattern of filled
    columns, of which there is nearly always one.
    """
    for cause_filled in _patterns(con, cause, common):
        for symptom_filled in _patterns(con, symptom, common):
            shared = [name for name in common if name in cause_filled and name in symptom_filled]
            if shared:
                con.execute(
                    _link_sql(shared, _filter(common, cause_filled), _filter(common, symptom_filled)),
                    {"cause": cause, "symptom": symptom},
                )


def _patterns(con: "DuckDBPyConnection", rule_id: str, common: list[str]) -> list[tuple[str, ...]]:
    """The subsets of `common` that findings of a rule fill."""
    subsets = [subset for size in range(1, len(common) + 1) for subset in combinations(common, size)]
    if not subsets:
        return []
    flags = ", ".join(f"coalesce(bool_or({_filter(common, subset)}), false)" for subset in subsets)
    row = con.execute(f"select {flags} from nodes where rule_id = $1", [rule_id]).fetchone()  # noqa: S608 - as above
    return [subset for subset, filled in zip(subsets, row or (), strict=True) if filled]


def _filter(common: list[str], filled: tuple[str, ...]) -> str:
    return " and ".join(f'"e_{name}" is {"not " if name in filled else ""}null' for name in common)


def _link_sql(shared: list[str], cause_filter: str, symptom_filter: str) -> str:
    """One statement: the best cause per key and period, then the best of them for each key and period of symptoms."""
    keys = ", ".join(f'"e_{name}"' for name in shared)
    window_keys = ", ".join(f'w."e_{name}"' for name in shared)
    same = " and ".join(f'c."e_{name}" = w."e_{name}"' for name in shared)
    return f"""
        insert into links
        with causes as (
            select {keys}, starts, ends, n, amount from (
                select *, row_number() over (partition by {keys}, starts, ends
                                             order by amount desc nulls last, n) as place
                from nodes where rule_id = $cause and {cause_filter})
            where place = 1),
        symptoms as (select {keys}, starts, ends, n from nodes where rule_id = $symptom and {symptom_filter}),
        windows as (select distinct {keys}, starts, ends from symptoms),
        best as (
            select {window_keys}, w.starts, w.ends, c.n as cause, c.amount,
                   row_number() over (partition by {window_keys}, w.starts, w.ends
                                      order by c.amount desc nulls last, c.n) as place
            from windows w join causes c on {same} and c.starts <= w.ends and w.starts <= c.ends)
        select symptoms.n, best.cause, {len(shared)}, best.amount
        from symptoms join best using ({keys}, starts, ends)
        where best.place = 1"""  # noqa: S608 - entity names are checked when headers are read


def _climb_to_roots(con: "DuckDBPyConnection") -> None:
    """Replaces each root by its root's root until nothing moves: chains halve in length each time."""
    while True:
        con.execute("""
            create or replace temp table climbed as
            select m.n, m.cause, up.root from members m join members up on up.n = m.root""")
        moved = con.execute("select count(*) from climbed c join members m using (n) where c.root <> m.root").fetchone()
        con.execute("create or replace temp table members as select * from climbed")
        if not moved or not moved[0]:
            return
