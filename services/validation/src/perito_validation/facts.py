"""Writes the system tables that say what the cells of the files show, for rules that speak of files and not of goods:
`source_columns`, `odd_cells`, `date_formats`, `signs`, `text_forms`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from perito_validation import raw_cells, system
from perito_validation.source import Source
from perito_validation.tables import Written
from perito_validation.text_forms import text_forms_sql


def write_facts(
    con: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    written: Mapping[str, Written],
    counted: Mapping[str, Sequence[Mapping[str, object]]],
    out: Path,
) -> dict[str, Path]:
    """The paths of the tables by name; `counted` are rows of those that are counted already, by name."""
    cells = raw_cells.count_cells(con, sources, written)
    rows: dict[str, Sequence[Mapping[str, object]]] = {
        "source_columns": [column.row() for column in cells],
        **counted,
    }
    paths = {name: system.write_rows(con, name, content, out) for name, content in rows.items()}
    paths["odd_cells"] = system.write_query(con, "odd_cells", raw_cells.odd_cells_sql(cells), out)
    forms = [sql for _, table in sorted(written.items()) for sql in text_forms_sql(con, table)]
    paths["text_forms"] = system.write_query(con, "text_forms", forms, out)
    return paths
