"""Books that went through all phases, with what must have come out of them."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from .distributor import Facts
from .examined import Examined, Row


@dataclass(frozen=True)
class Books:
    """Books with what must come out of them, and what came out."""

    folder: Path
    facts: Facts
    examined: Examined

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows from the tables as validation wrote them."""
        with duckdb.connect() as connection:
            for path in (self.examined.folder / "validation").glob("*.parquet"):
                connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
            return connection.execute(sql).fetchall()

    def told(self, rule: str, *names: str) -> tuple[str, ...]:
        """Facts of a rule."""
        return tuple(self.examined.outcomes[rule].facts[name] for name in names)

    def figure(self, rule: str, measure: str, scope: str = "total", key: str = "") -> Row:
        """One row of a key figure."""
        wanted = (rule, measure, scope, key)
        (row,) = [r for r in self.examined.kpis if (r["id"], r["measure"], r["scope"], r["key"]) == wanted]
        return row

    def value(self, rule: str, measure: str) -> Decimal:
        """A total."""
        return self.figure(rule, measure)["value"]
