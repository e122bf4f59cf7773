"""What a header says by its words alone: which canonical columns it could name, and how well.

A header that canonical.yaml lists is certain. Others are compared word by word with those it lists; words that only
repeat what the table is about (`Invoice_Qty` in invoices) weigh little there, and a code that is nothing but a code is
the table's own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from perito_rules.canonical import Column, ColumnType, Table, load_canonical, normal_header

from perito_validation.proposal.known_names import KNOWN_BY_NAME, names_of, referring_to
from perito_validation.proposal.words import Word, vocabulary, without_currency

Place = tuple[str, str]
"""A canonical table and one of its columns."""

_INHERITED = 0.93
"""A header of a master table's key, on a column that refers to it."""

_ENTITY = 0.12
"""Weight of a word that only repeats what the table is about."""

_INITIAL = 0.6
"""What an initial says of the word it stands for: `F. Pago` beside `forma_pago`."""

_BY_WORDS = 0.95
"""A header that says the same as a known one in other words."""

_BY_INITIALS = 0.85
"""`QOO` for a quantity on order."""

_SHARED = frozenset(
    (
        "line_total",
        "unit_cost",
        "unit_price",
        "tax",
        "tender",
        "active",
        "discount_amount",
        "city",
        "state",
        "uom",
        "till",
    )
)
_CREATED = 0.85
_FROM_ALIKE = 0.9
"""Columns that mean the same in every table that has them, and a header of one on another."""

_NUMBERED = frozenset(("transfers", "returns", "movements"))
"""Tables whose rows are documents, so that a bare `Doc` is their own."""

_SISTERS = ("purchases", "receipts", "invoices")
_ALIKE = frozenset(
    ("line", "product", "location", "lot", "document_total", "approver", "status", "unit_cost", "unit_price")
)
"""Lines of an order, its receipt and its invoice say these in the same words."""
DOCUMENTS = {
    "purchase_document": "purchases.document",
    "receipt_document": "receipts.document",
    "invoice_document": "invoices.document",
}
"""Columns that hold the number of another table's rows, which other files call as their own does."""

_COUNTED: Mapping[str, Sequence[str]] = {
    "purchases": ("ordered", "pedidas", "solicitadas"),
    "receipts": ("received", "delivered", "recibidas", "entregadas"),
    "invoices": ("invoiced", "billed", "facturadas"),
}
"""What was done to the goods, as the header of how many: where the cells are days, it is when."""

_BY_NAME = 0.72
"""Where a file has no code of a supplier or a product, its name stands for it; a code is taken before a name."""

_DONE = 0.9
_OWN_CODE, _OWN_WORD, _BARE_CODE = 0.88, 0.72, 0.7
_LEAST = 0.4
_SHARE = re.compile(r"\s*\(?\d+([.,]\d+)?\s*%\)?")
"""The rate in `Tax 5%`, which is still the tax."""
_CODES = frozenset(("id", "reference", "document"))
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_]\.){2,}")
"""`P.O.` and `C.P.` are words, not letters."""


@dataclass(frozen=True)
class NameMatch:
    """How well a header names a canonical column, 0 to 1. `like` is the known header that it resembles."""

    score: float
    how: Literal["known", "words", "own", "cells", "name"]
    like: str


@dataclass(frozen=True)
class _Home:
    place: Place
    factor: float


@dataclass(frozen=True)
class _Index:
    homes: Mapping[str, Sequence[_Home]]
    phrases: Mapping[str, Sequence[Word]]
    by_concept: Mapping[str, Sequence[str]]
    by_initials: Mapping[str, Sequence[str]]


@cache
def name_matches(header: str) -> Mapping[Place, NameMatch]:
    """The canonical columns that a header could name, each with its best match."""
    header = _INITIALS.sub(lambda match: match[0].replace(".", ""), header).replace("UoM", "UOM")
    header = _SHARE.sub("", header) or header
    text = without_currency(header)
    found: dict[Place, NameMatch] = {}
    for spelling in dict.fromkeys((normal_header(header), text)):
        for home in _index().homes.get(spelling, ()):
            _keep(found, home.place, NameMatch(home.factor, "known", spelling))
    _either(found, header)
    words = vocabulary().words(text)
    for phrase in sorted({p for word in words for c in word.concepts for p in _index().by_concept.get(c, ())}):
        _compare_all(found, words, phrase)
    for phrase in _index().by_initials.get(text, ()):
        for home in _index().homes[phrase]:
            _keep(found, home.place, NameMatch(_BY_INITIALS * home.factor, "words", phrase))
    for table in load_canonical().values():
        _own_key(found, words, table)
    _by_name(found, normal_header(header))
    return {place: match for place, match in sorted(found.items()) if match.score >= _LEAST}


def _either(found: dict[Place, NameMatch], header: str) -> None:
    """`CIF/NIF`: two words for one thing name what both of them name."""
    ways = [part.strip() for part in header.split("/")]
    if len(ways) == 2 and all(ways):
        one, other = ({home.place for home in _index().homes.get(normal_header(way), ())} for way in ways)
        for place in sorted(one & other):
            _keep(found, place, NameMatch(_BY_WORDS, "words", normal_header(ways[0])))


def _by_name(found: dict[Place, NameMatch], spelling: str) -> None:
    """`Vendor Name` is the vendor where a file has no code of it."""
    for parent in KNOWN_BY_NAME:
        if spelling in names_of(parent):
            for place in referring_to(parent):
                if place not in found or found[place].score < _BY_NAME:
                    found[place] = NameMatch(_BY_NAME, "name", spelling)


def own_key(table: Table) -> str | None:
    """The key column that numbers the table's own rows, not those of another table; None where it has none."""
    own = [name for name in table.key if not table.columns[name].references and name not in {"line", "lot", "ts"}]
    return own[0] if own and table.columns[own[0]].type.value == "key" else None


def _keep(found: dict[Place, NameMatch], place: Place, match: NameMatch) -> None:
    if place not in found or match.score > found[place].score:
        found[place] = match


def _compare_all(found: dict[Place, NameMatch], words: Sequence[Word], phrase: str) -> None:
    known = _index().phrases[phrase]
    # `clave` is an article's code where it is written so; that `id` is a code too says nothing of whose.
    anybodys = all(word.text == "id" for word in words) and all(word.concepts <= _CODES for word in known)
    measured = any("unit" in word.concepts for word in words)
    for home in _index().homes[phrase]:
        if home.place[1].endswith("uom") and not measured:
            continue
        if anybodys and home.place[1] == "product" and home.place[0] != "products":
            continue
        meant = _meant(phrase, home.place[1])
        score = likeness(words, meant, vocabulary().entities.get(home.place[0], frozenset()))
        if score >= _LEAST:
            _keep(found, home.place, NameMatch(_BY_WORDS * score * home.factor, "words", phrase))


@cache
def _meant(phrase: str, column: str) -> Sequence[Word]:
    """The words of a known header as its column means them: `caja` is a till in `till`, and no carton."""
    about = frozenset(concept for word in vocabulary().words(column) for concept in word.concepts)
    return [
        replace(word, concepts=word.concepts & about) if word.concepts & about else word
        for word in _index().phrases[phrase]
    ]


def likeness(words: Sequence[Word], others: Sequence[Word], entities: frozenset[str]) -> float:
    """The weight of the words that two texts share, as a share of all their words. `entities` weigh little alone."""
    left, shared = list(others), 0.0
    lonely = 0.0
    for word in words:
        partner = next((other for other in left if other.concepts & word.concepts), None)
        if partner is None:
            lonely += _weight(word, entities)
        else:
            left.remove(partner)
            shared += max(word.weight, partner.weight) * word.sure
    for word in [word for word in words if len(word.text) == 1]:
        partner = next((other for other in left if other.text[0] == word.text), None)
        if partner is not None and word.text not in partner.concepts:
            left.remove(partner)
            shared += min(_INITIAL, partner.weight)
    lonely += sum(_weight(other, entities) for other in left)
    return shared / (shared + lonely) if shared else 0.0


def _weight(word: Word, entities: frozenset[str]) -> float:
    return _ENTITY if word.concepts & entities else word.weight


def _own_key(found: dict[Place, NameMatch], words: Sequence[Word], table: Table) -> None:
    """`Code`, `Vendor` or `Vendor No` name the vendor in a file of vendors."""
    key = own_key(table)
    if key is None or not words:
        return
    entities = vocabulary().entities.get(table.name, frozenset())
    code = {"id", "document"} if table.name in _NUMBERED else {"id"}
    codes = [word for word in words if word.concepts & code]
    about = [word for word in words if word.concepts & entities]
    if len({*map(id, codes), *map(id, about)}) < len(words):
        return
    bare = _BARE_CODE if codes else _OWN_WORD
    score = _OWN_CODE if codes and about else bare
    _keep(found, (table.name, key), NameMatch(score, "own", key))
    if not codes and "name" in table.columns:
        _keep(found, (table.name, "name"), NameMatch(_OWN_WORD, "own", "name"))


@cache
def _index() -> _Index:
    homes: dict[str, list[_Home]] = {}
    for table in load_canonical().values():
        for column in table.columns.values():
            for phrase, factor in _phrases(table, column):
                homes.setdefault(phrase, []).append(_Home((table.name, column.name), factor))
    phrases = {phrase: vocabulary().words(phrase) for phrase in homes}
    by_concept: dict[str, list[str]] = {}
    for phrase, words in phrases.items():
        for concept in sorted({concept for word in words for concept in word.concepts}):
            by_concept.setdefault(concept, []).append(phrase)
    by_initials: dict[str, list[str]] = {}
    for phrase in phrases:
        if phrase.count("_") >= 2:
            by_initials.setdefault("".join(part[0] for part in phrase.split("_") if part), []).append(phrase)
    return _Index(homes, phrases, by_concept, by_initials)


def _stands_for(phrase: str, column: Column) -> float:
    """A day of creation stands for the one on which something happened, where no better one does."""
    if column.name in {"created_at", "posted_at"} or column.type not in {ColumnType.DATE, ColumnType.TIMESTAMP}:
        return 1.0
    created = any("created" in vocabulary().concepts.get(part, ()) for part in phrase.split("_"))
    return _CREATED if created else 1.0


def _phrases(table: Table, column: Column) -> Iterator[tuple[str, float]]:
    own = (column.name, *column.synonyms_en, *column.synonyms_es)
    yield from ((phrase, _stands_for(phrase, column)) for phrase in dict.fromkeys(own))
    if column.name == "qty":
        yield from ((phrase, _DONE) for phrase in _COUNTED.get(table.name, ()) if phrase not in own)
    parent, _, key = column.references.partition(".")
    taken = {p for c in table.columns.values() for p in (c.name, *c.synonyms_en, *c.synonyms_es)}
    if column.name in _SHARED:
        alike = [t.columns[column.name] for t in load_canonical().values() if column.name in t.columns]
        headers = dict.fromkeys(p for other in alike for p in (*other.synonyms_en, *other.synonyms_es))
        yield from ((phrase, _FROM_ALIKE) for phrase in headers if phrase not in taken)
    yield from ((phrase, _INHERITED) for phrase in _of_sisters(table, column) if phrase not in taken)
    if parent and column.name == key:
        master = load_canonical()[parent].columns[key]
        inherited = (*master.synonyms_en, *master.synonyms_es)
        yield from ((phrase, _INHERITED) for phrase in inherited if phrase not in taken)


def _of_sisters(table: Table, column: Column) -> Iterator[str]:
    if column.name in DOCUMENTS:
        parent = load_canonical()[DOCUMENTS[column.name].partition(".")[0]].columns["document"]
        yield from (*parent.synonyms_en, *parent.synonyms_es)
    if table.name not in _SISTERS or column.name not in _ALIKE:
        return
    names = ("unit_cost", "unit_price") if column.name.startswith("unit_") else (column.name,)
    for sister in _SISTERS:
        for name in names:
            if sister != table.name and name in load_canonical()[sister].columns:
                other = load_canonical()[sister].columns[name]
                yield from (*other.synonyms_en, *other.synonyms_es)
