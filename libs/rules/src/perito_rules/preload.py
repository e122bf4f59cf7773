"""What a phase names of this package without importing it: what its compute children get ready, and do."""

ENGINE = ("duckdb", "pyarrow.parquet", "perito_rules.instances:keep_ready")
"""What a compute child gets ready while it waits, so that no analysis waits for it."""

CHECKS = "perito_rules.user_compute:check"
"""What says whether a tenant's own rules may run, for every phase."""

OWN_RULES = "perito_rules.user_compute:examine"
"""What runs such a rule, for the phases that do."""
