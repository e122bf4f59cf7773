"""Which rows of a file are rows of a table: those that the mapping does not skip."""

from perito_rules.sqltext import literal

from perito_validation.cells import BLANKS, is_blank
from perito_validation.mapping import TableMapping
from perito_validation.source import Source


def chosen_rows(source: Source, part: TableMapping, place: str) -> str:
    """SQL that chooses the rows of the file that are rows of the table, "" where all are."""
    tests: list[str] = []
    if part.skip_when_blank is not None:
        tests.append(f"NOT {is_blank(source.cell(part.skip_when_blank, f'{place} > skip_when_blank'))}")
    for column, words in part.skip_words.items():
        cell = source.cell(column, f"{place} > skip_words")
        listed = ", ".join(f"lower({literal(word.strip())})" for word in words)
        tests.append(f"coalesce(lower(trim({cell}, {BLANKS})), '') NOT IN ({listed})")
    return f" WHERE {' AND '.join(tests)}" if tests else ""
