"""People whose pseudonyms are made before a file's rows are read: most columns of people hold few, again and again.

Looking a row's pseudonym up costs a tenth of asking for it: the engine hands rows to Python in small batches.
"""

from dataclasses import dataclass

import duckdb
from perito_rules.sqltext import literal

from perito_validation.database import count

MAX_KNOWN = 50_000
"""People of a column whose pseudonyms are made before its rows are read. A larger table would not stay in memory, and
a join that spills does not keep the order of rows."""


@dataclass(frozen=True)
class KnownPeople:
    """The people of a column. `table` is a temporary table with the `text` of each cell and its `pseudonym`; `clause`
    is the SQL that joins it to rows p."""

    table: str
    clause: str


def know_people(
    con: duckdb.DuckDBPyConnection, table: str, holder: str, cell: str, domain: str, person: str
) -> KnownPeople | None:
    """Makes `table` of the texts of `cell` in the table `holder`, or answers None where they are too many to be joined
    in the order of rows. `person` is SQL of the key over the cell."""
    texts = f"SELECT DISTINCT {cell} FROM {holder} WHERE {cell} IS NOT NULL LIMIT {MAX_KNOWN + 1}"
    value = f"CASE WHEN count(*) OVER () <= {MAX_KNOWN} THEN {person} END"
    con.execute(
        f"CREATE TEMP TABLE {table} AS SELECT text, pseudonym({literal(domain)}, person) AS pseudonym "
        f"FROM (SELECT {cell} AS text, {value} AS person FROM ({texts}))"
    )
    if count(con, f"SELECT count(*) FROM {table}") <= MAX_KNOWN:
        return KnownPeople(table, f"LEFT JOIN {table} ON {table}.text = p.{cell}")
    con.execute(f"DROP TABLE {table}")
    return None
