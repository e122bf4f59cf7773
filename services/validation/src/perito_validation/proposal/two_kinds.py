"""Parts the rows of a list of movements that names suppliers: what came in was bought, what was sold or moved was not,
whoever delivered it once."""

import duckdb

from perito_validation.cells import BLANKS, word_meanings
from perito_validation.proposal.drafts import Draft, Entry, Plan
from perito_validation.understanding import Reason

_BOUGHT = "receipt"
_MOST_WORDS = 1000


def part_purchases(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Leaves rows that are known to be no purchases out of them; where none is left, the file feeds no purchases."""
    for draft in plan.feeding("purchases"):
        kinds = (made.own("type") for made in plan.of(draft.book) if made.table.name == "movements")
        kind = next(kinds, None)
        if kind is not None:
            _part(plan, draft, kind, _words(con, draft, kind))


def _part(plan: Plan, draft: Draft, kind: Entry, words: list[str]) -> None:
    meanings = word_meanings(kind.column, kind.cell(draft.book), words)
    others = [word for word in words if meanings.get(word, _BOUGHT) != _BOUGHT]
    if others and len(others) == len(words):
        plan.drafts.remove(draft)
    elif others:
        draft.skip_words = {kind.facts.header: others}
        shown = ", ".join(others[:5])
        english = f"Rows of {kind.facts.header} {shown} are no purchases."
        spanish = f"Las filas de {kind.facts.header} {shown} no son compras."
        draft.entries["supplier"].because(Reason(english, spanish))


def _words(con: duckdb.DuckDBPyConnection, draft: Draft, kind: Entry) -> list[str]:
    """The words of rows that name a supplier, "" for none, one for all that differ in case only."""
    supplier = draft.entries["supplier"].facts.index
    cell = f"coalesce(trim(c{kind.facts.index}, {BLANKS}), '')"
    sql = (
        f"SELECT min({cell}) FROM {draft.book.source.table} WHERE coalesce(trim(c{supplier}, {BLANKS}), '') <> '' "
        f"GROUP BY lower({cell}) ORDER BY 1 LIMIT {_MOST_WORDS}"
    )
    return [str(row[0]) for row in con.execute(sql).fetchall()]
