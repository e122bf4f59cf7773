"""Columns and files that feed nothing: what they are, where that is known, or that nothing known resembles them."""

from perito_rules.canonical import load_canonical, normal_header

from perito_validation.proposal.content import Facts, fit
from perito_validation.proposal.drafts import Plan
from perito_validation.proposal.headers import name_matches
from perito_validation.proposal.tables import Book
from perito_validation.proposal.words import Unused, vocabulary, without_currency
from perito_validation.understanding import Placement, Reason

_KNOWN = 0.7
_CERTAIN = 0.9
_EMPTY = Reason("It holds no value.", "No contiene ningún valor.")
_STRANGE = Reason("Nothing that is known resembles it.", "No se parece a nada conocido.")


def of_columns(plan: Plan, book: Book, used: set[int]) -> list[Placement]:
    """The columns of a file that feed nothing, in its order."""
    return [_placement(plan, book, facts) for facts in book.facts if facts.index not in used]


def misfits(book: Book) -> list[str]:
    """What is wrong with columns of known headers whose cells are something else, in words."""
    return [
        f"{book.source.name}: most cells of {facts.header} are no {kind}"
        for facts in book.facts
        if facts.filled and _named(facts) is None and (kind := _kind_of_header(facts))
    ]


def recognised(book: Book) -> float:
    """Share of a file's columns of which it is known what they are."""
    known = [facts for facts in book.facts if _unused(facts) or _named(facts)]
    return len(known) / len(book.facts) if book.facts else 0.0


def _placement(plan: Plan, book: Book, facts: Facts) -> Placement:
    file_id = book.source.file_id
    thing = _unused(facts)
    if not facts.filled:
        return Placement(file_id, facts.header, "", "", "not_used", 0.99, _EMPTY)
    if thing:
        reason = Reason(f"It is {thing.english}; no rule uses it.", f"Es {thing.spanish}; ninguna regla lo usa.")
        return Placement(file_id, facts.header, "", "", "not_used", 0.9, reason)
    best = _named(facts)
    if best is None and (other := _unfit(facts)):
        return Placement(file_id, facts.header, "", "", "unplaced", 0.0, other)
    if best is None:
        return Placement(file_id, facts.header, "", "", "unplaced", 0.0, _STRANGE)
    table, column, score = best
    return Placement(file_id, facts.header, "", "", "not_used", score, _elsewhere(plan, book, table, column))


def _elsewhere(plan: Plan, book: Book, table: str, column: str) -> Reason:
    feeding = [draft.table.name for draft in plan.of(book)]
    if table in feeding and not any(column in draft.entries for draft in plan.of(book) if draft.table.name == table):
        english = f"It looks like {table}.{column}, but what its rows say does not agree with that."
        return Reason(english, f"Parece {table}.{column}, pero lo que dicen sus filas no concuerda con ello.")
    if table in feeding:
        english = f"It looks like {table}.{column}, which another column is taken for."
        return Reason(english, f"Parece {table}.{column}, por la que se toma otra columna.")
    if not feeding:
        return Reason(
            f"It looks like {table}.{column}, but what the rows of this file are could not be told.",
            f"Parece {table}.{column}, pero no se pudo saber qué son las filas de este archivo.",
        )
    return Reason(
        f"It looks like {table}.{column}; this file feeds {', '.join(feeding)}, which has no place for it.",
        f"Parece {table}.{column}; este archivo alimenta {', '.join(feeding)}, que no tiene lugar para ella.",
    )


def _unused(facts: Facts) -> Unused | None:
    known = vocabulary().unused
    return known.get(normal_header(facts.header)) or known.get(without_currency(facts.header))


def _certain(facts: Facts) -> list[tuple[str, str]]:
    return [place for place, match in name_matches(facts.header).items() if match.score >= _CERTAIN]


def _kind_of_header(facts: Facts) -> str:
    """The type of the columns that the header certainly names, "" where it names none."""
    names = _certain(facts)
    return load_canonical()[names[0][0]].columns[names[0][1]].type.value if names else ""


def _unfit(facts: Facts) -> Reason | None:
    """The header is a known one, but the cells are something else."""
    kind = _kind_of_header(facts)
    if not kind:
        return None
    table, column = _certain(facts)[0]
    english = f"Its header is that of {table}.{column}, but its cells are no {kind}."
    return Reason(english, f"Su encabezado es el de {table}.{column}, pero sus celdas no son de tipo {kind}.")


def _named(facts: Facts) -> tuple[str, str, float] | None:
    """The canonical column that the header names best."""
    tables = load_canonical()
    found = [
        (match.score * fit(facts, tables[table].columns[column]), table, column)
        for (table, column), match in name_matches(facts.header).items()
    ]
    best = max(found, key=lambda item: item[0], default=None)
    return (best[1], best[2], best[0]) if best and best[0] >= _KNOWN else None
