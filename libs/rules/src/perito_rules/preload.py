"""What a compute child of a phase with rules gets ready while it waits, so that no analysis waits for it."""

ENGINE = ("duckdb", "pyarrow.parquet", "perito_rules.instances:keep_ready")
