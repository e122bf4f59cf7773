"""Everything that is decided once: of the books, of how sales move the stock, and of each file."""

from collections.abc import Mapping

import duckdb

from perito_validation import conventions
from perito_validation.file_conventions import Files, decide_files
from perito_validation.mapping import BooksMapping
from perito_validation.sales_in_ledger import decide_sales
from perito_validation.tables import Written


def decide_all(
    con: duckdb.DuckDBPyConnection,
    mapping: BooksMapping,
    written: Mapping[str, Written],
    files: Files,
    pseudonym_key: str,
) -> list[dict[str, object]]:
    """Rows of the system table `conventions`."""
    decided = [
        *conventions.decide(con, mapping, written, pseudonym_key),
        *decide_sales(con, written.get("movements"), written.get("sales")),
        *decide_files(files),
    ]
    return [convention.row() for convention in decided]
