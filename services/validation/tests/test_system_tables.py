"""System tables have the columns and types that canonical.yaml fixes, with rows or without."""

from pathlib import Path

import duckdb
import pytest
from perito_rules.canonical import SYSTEM_TABLES, physical_columns
from perito_validation import system


@pytest.mark.parametrize("name", ["files", "rejected_cells", "placements"])
def test_a_table_has_its_columns_however_it_is_written(tmp_path: Path, name: str) -> None:
    wanted = physical_columns(SYSTEM_TABLES[name])
    with duckdb.connect() as con:
        files: list[bytes] = []
        for rows in ([], [], [{column: None for column, _ in wanted}]):
            path = system.write_rows(con, name, rows, tmp_path)
            files.append(path.read_bytes())
            described = con.execute(f"DESCRIBE FROM '{path}'").fetchall()
            assert [(row[0], row[1]) for row in described] == wanted
            assert con.execute(f"SELECT count(*) FROM '{path}'").fetchall() == [(len(rows),)]
        assert files[0] == files[1] != files[2]
