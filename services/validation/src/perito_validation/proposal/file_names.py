"""What the name of a file says about its table: words that name one, and the members of a JSON body, whose names are
agreed with the applications that send them."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache

from perito_rules.canonical import Table, load_canonical

from perito_validation.proposal.headers import likeness
from perito_validation.proposal.words import Word, vocabulary
from perito_validation.source import Source

_BODY: Mapping[str, Mapping[str, frozenset[str]]] = {
    "providers": {"suppliers": frozenset(("supplier",))},
    "transactions": {
        "movements": frozenset(("product", "qty", "type")),
        "purchases": frozenset(("line_total", "supplier")),
    },
    "inventory": {"inventory": frozenset(("product", "qty"))},
}
"""By member of the body: the tables it may hold, the first before the others, and what their rows must have."""
_MASTERS = frozenset(("products", "suppliers", "locations", "customers", "users"))


def may_hold(source: Source, table: str) -> bool:
    """Transactions of a JSON body are no list of products or people, whatever their columns resemble."""
    return table not in _MASTERS or _member(source) != "transactions"


def _member(source: Source) -> str:
    """The member of a JSON body that the source could be, "" for other kinds of files."""
    return source.name.rpartition("/")[2].removesuffix(".json") if "json" in source.media_type else ""


def announced(source: Source, table: str, columns: Collection[str]) -> float:
    """How far a member of a JSON body is agreed to be the table, given the table's columns that it has: 1 for the first
    that its name stands for, less for the next, 0 for all others."""
    tables = _BODY.get(_member(source), {})
    if table not in tables or not tables[table] <= set(columns):
        return 0.0
    return 1 / (1 + list(tables).index(table))


def named_like(name: str, table: Table) -> float:
    """How well a file's name names a table, 0 to 1."""
    words = [vocabulary().word(part) for part in name_parts(name)]
    best = 0.0
    for others in _table_phrases(table.name):
        matched = all(
            any(other.concepts & word.concepts or other.text == word.text for word in words) for other in others
        )
        if others and matched:
            best = max(best, likeness(words, others, frozenset()))
    return best


@cache
def _table_phrases(name: str) -> Sequence[Sequence[Word]]:
    table = load_canonical()[name]
    return [vocabulary().words(phrase) for phrase in (table.name, *table.synonyms_en, *table.synonyms_es)]


def name_parts(name: str) -> list[str]:
    """Words of a file's name that say something: the member's of an archive or workbook, or else the container's."""
    for part in reversed(name.split("/")):
        stem = part.rpartition(".")[0] or part
        words = [w for w in vocabulary().parts(stem) if not w.isdigit() and w not in vocabulary().noise]
        words = [w for w in words if w not in vocabulary().small]
        if words:
            return words
    return []
