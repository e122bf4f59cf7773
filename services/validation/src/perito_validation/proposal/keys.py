"""Whether the values of a column are the keys of another file: the surest sign of what a column is.

Keys of master tables are collected from the files that are taken for them, as they stand and in a plain form (trimmed,
upper case, without leading zeros); shares are of a column's distinct values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from perito_validation.cells import is_blank, normalised
from perito_validation.database import only_row
from perito_validation.mapping import Cell, Step
from perito_validation.proposal.content import SAMPLE_ROWS, Facts, sample
from perito_validation.source import Source

_PLAIN = Cell(column="key", normalise=("trim", "nfkc", "upper", "strip_leading_zeros"))
_WAYS: tuple[tuple[Step, ...], ...] = (
    (),
    ("trim",),
    ("trim", "upper"),
    ("trim", "lower"),
    ("trim", "strip_leading_zeros"),
    ("trim", "upper", "strip_leading_zeros"),
    ("trim", "nfkc", "upper"),
)
_LARGEST = 200_000
"""Distinct keys of a master table that are kept; a larger one is compared by these."""


@dataclass
class Overlaps:
    """Keys of master tables and what share of each column's values they hold. `domains` are `table.column`."""

    con: duckdb.DuckDBPyConnection
    domains: dict[str, str] = field(default_factory=dict[str, str])
    owners: dict[str, int] = field(default_factory=dict[str, int])
    known: dict[tuple[int, int], Mapping[str, float]] = field(
        default_factory=dict[tuple[int, int], Mapping[str, float]]
    )

    def add(self, domain: str, source: Source, facts: Facts) -> None:
        """Takes the values of a column for the keys of a master table."""
        name = f"domain_{len(self.domains)}"
        cell = f"c{facts.index}"
        keys = f"SELECT DISTINCT {cell} AS key, {normalised(cell, _PLAIN)} AS plain FROM {source.table}"
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS {keys} WHERE NOT {is_blank(cell)} ORDER BY 1 LIMIT {_LARGEST}"
        )
        self.domains[domain] = name
        self.owners[domain] = source.file_id
        self.known.clear()

    def share(self, source: Source, facts: Facts, domain: str) -> float | None:
        """Share of the column's distinct values that are keys of the domain in any form; None where it is not known,
        or where the column is that key itself."""
        if domain not in self.domains or self.owners[domain] == source.file_id:
            return None
        return self._shares(source, facts).get(domain)

    def best(self, source: Source, facts: Facts) -> tuple[str, float] | None:
        """The domain that holds most of the column's values; None where they are numbers that any domain could have."""
        if facts.counters > 0.5:
            return None
        shares = {d: s for d, s in self._shares(source, facts).items() if self.owners[d] != source.file_id}
        if not shares:
            return None
        top = max(sorted(shares), key=lambda domain: shares[domain])
        return top, shares[top]

    def steps(self, source: Source, facts: Facts, domain: str) -> tuple[Step, ...]:
        """The fewest steps after which most of a column's values are keys of the domain as they stand there; none where
        that gains nothing."""
        table = self.domains.get(domain)
        if table is None or self.owners[domain] == source.file_id:
            return ()
        cell = f"c{facts.index}"
        forms = ", ".join(
            f"count(*) FILTER ({normalised('v', Cell(column='key', normalise=way))} IN (SELECT key FROM {table}))"
            for way in _WAYS
        )
        values = f"SELECT DISTINCT {cell} AS v FROM {sample(source, SAMPLE_ROWS)} WHERE NOT {is_blank(cell)}"
        hits = [int(n) for n in only_row(self.con, f"SELECT {forms} FROM ({values})")]
        most = max(hits)
        worth = most >= hits[0] + max(2, 0.02 * facts.distinct)
        return _WAYS[hits.index(most)] if worth else ()

    def _shares(self, source: Source, facts: Facts) -> Mapping[str, float]:
        place = (source.file_id, facts.index)
        if place not in self.known:
            self.known[place] = self._measure(source, facts)
        return self.known[place]

    def _measure(self, source: Source, facts: Facts) -> Mapping[str, float]:
        if not self.domains or not facts.filled:
            return {}
        cell = f"c{facts.index}"
        values = (
            f"SELECT DISTINCT {normalised(cell, _PLAIN)} AS v FROM {sample(source, SAMPLE_ROWS)} "
            f"WHERE NOT {is_blank(cell)} ORDER BY 1 LIMIT 2000"
        )
        names = sorted(self.domains)
        counts = ", ".join(f"count(*) FILTER (v IN (SELECT plain FROM {self.domains[name]}))" for name in names)
        total, *hits = only_row(self.con, f"SELECT count(*), {counts} FROM ({values})")
        return {name: int(hit) / int(total) for name, hit in zip(names, hits, strict=True)} if total else {}
