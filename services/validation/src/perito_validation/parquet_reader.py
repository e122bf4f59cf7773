"""Reads Parquet: values become the text that they print as, and then go the way of every cell."""

from collections.abc import Mapping

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile
from perito_rules.sqltext import literal, quote

from perito_validation.database import count
from perito_validation.source import Source, check_digest, check_width, too_large

MAGIC = b"PAR1"
MEDIA_TYPE = "application/vnd.apache.parquet"
_NO_CELLS = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "VARIANT")


def read_parquet(con: duckdb.DuckDBPyConnection, table: str, file: InputFile) -> Source:
    """Reads `file` into the temporary table `table`. Raises `Invalid` DATASET_CORRUPT, INTAKE_FORMAT, INTAKE_NUL,
    INTAKE_TOO_WIDE; `Exhausted` where memory does not suffice."""
    check_digest(file)
    reading = f"read_parquet({literal(file.path)}, file_row_number=true)"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {reading}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described if row[0] != "file_row_number"}
        header = tuple(types)
        check_width(len(header), file.name, 1)
        cells = ", ".join(f"coalesce({quote(name)}::VARCHAR, '') AS c{i}" for i, name in enumerate(header))
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT {cells}, file_row_number + 1 AS _record FROM {reading}")
    except duckdb.OutOfMemoryException as error:
        raise too_large(file.name) from error
    except duckdb.Error as error:
        message = f"{file.name} cannot be read as Parquet. Write it again, or export it as CSV in UTF-8."
        raise Invalid("INTAKE_FORMAT", message, {"file": file.name}) from error
    _refuse_nul(con, table, file.name, types)
    return Source(
        file_id=0,
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        media_type=MEDIA_TYPE,
        table=table,
        header=header,
        rows=count(con, f"SELECT count(*) FROM {table}"),
        record="_record",
        line="_record",
        reader="parquet",
        labels=header,
        no_cells={name: kind for name, kind in types.items() if kind.startswith(_NO_CELLS) or kind.endswith("]")},
    )


def _refuse_nul(con: duckdb.DuckDBPyConnection, table: str, name: str, types: Mapping[str, str]) -> None:
    """Text in Parquet may hold NUL characters, which neither the database nor many a reader of the results takes."""
    for i, (column, kind) in enumerate(types.items()):
        if kind != "VARCHAR":
            continue
        found = con.execute(f"SELECT min(_record) FROM {table} WHERE contains(c{i}, chr(0))").fetchone()
        if found and found[0] is not None:
            message = f"{name}, row {found[0]}: column {column!r} holds a NUL character. Export it again without."
            raise Invalid("INTAKE_NUL", message, {"file": name, "row": int(found[0]), "column": column})
