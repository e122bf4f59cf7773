"""Reads the quantity of a ledger from its two columns, what came in and what went out."""

import duckdb

from perito_validation.database import only_row
from perito_validation.proposal.content import SAMPLE_ROWS, Facts, sample
from perito_validation.proposal.drafts import Plan
from perito_validation.proposal.two_ways import ways_of
from perito_validation.source import Source
from perito_validation.understanding import Reason

_BOTH = 0.01


def join_ways(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Reads the quantity of ledgers that have both columns from both; leaves a file out whose rows fill both at once,
    for what came in alone is no ledger."""
    for draft in plan.feeding("movements"):
        ways, entry = ways_of(draft.book.facts), draft.own("qty")
        if ways is None or entry is None or entry.facts not in ways:
            continue
        entry.facts, other = ways
        if _both(con, draft.book.source, *ways) <= _BOTH:
            entry.options["out"] = other.header
            english = f"What came in, less what went out as {other.header} says."
            entry.because(Reason(english, f"Lo que entró, menos lo que salió según {other.header}."))
        else:
            plan.drafts.remove(draft)


def _both(con: duckdb.DuckDBPyConnection, source: Source, one: Facts, other: Facts) -> float:
    """Share of rows that say both that something came in and that something went out."""
    tests = [f"regexp_matches(c{facts.index}, '[1-9]')" for facts in (one, other)]
    sql = f"SELECT count(*), count(*) FILTER ({' AND '.join(tests)}) FROM {sample(source, SAMPLE_ROWS)}"
    rows, both = only_row(con, sql)
    return int(both) / int(rows) if rows else 0.0
