"""Decides which canonical table a file holds, and which column is which.

For each table the columns of a file are paired one to one with the table's by the greatest total; the table that
explains most of the file wins. A header that fits many tables says little about which one it is, a header that fits
one says much; the file's name counts, and a table without what its rows need is no candidate.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from perito_rules.canonical import Column, Table, load_canonical

from perito_validation.proposal.content import Facts, fit
from perito_validation.proposal.elimination import left_over, number_of_rows, only_moment
from perito_validation.proposal.file_names import announced, may_hold, name_parts, named_like
from perito_validation.proposal.headers import name_matches, own_key
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.pairs import LEAST, Pair, pair_columns
from perito_validation.proposal.sides import BUYING, against
from perito_validation.proposal.two_ways import with_ways
from perito_validation.proposal.words import vocabulary
from perito_validation.source import Source

_FILE_NAME = 1.6
_ANNOUNCED = 10.0
_STRAY = 0.6
_MISSING_KEY = 0.5
_NOT_UNIQUE = 1.5
_STAND_INS = {
    "products": ("product", "gtin"),
    "invoices": ("document", "supplier_number"),
    "inventory": ("qty", "value"),
}
_CERTAIN, _WEAK_KEY, _DOUBTFUL = 0.8, 0.6, 0.2
"""A table whose key is hardly named, in a file whose name is another, is doubtful whatever else fits."""

_GOOD, _MANY = 0.6, 8
_DESCRIBED = frozenset(("products", "suppliers", "locations", "customers"))
_HEARTS: Mapping[str, str] = {
    "serials": "serial",
    "lots": "lot",
    "count_schedule": "counted",
    "count_sessions": "counted",
    "promotions": "promotion",
}
"""Rare tables whose name or what they are about some header has to say."""

_ONE_EACH = frozenset(("sale_documents", "invoice_documents"))
_ONCE = 0.9
"""Share of the rows of a table of documents that are another document each."""

_USUAL = 0.25
_USUAL_TABLES = frozenset(
    ("products", "suppliers", "purchases", "receipts", "invoices", "sales", "movements", "inventory", "counts")
)

ESSENTIAL: Mapping[str, Sequence[frozenset[str]]] = {
    table: [frozenset(way.split()) for way in ways]
    for table, ways in {
        "inventory": ["product qty"],
        "movements": ["product qty type", "product qty ts", "product qty movement"],
        # The last is a log of what a till did without goods: headers of tickets have no lines.
        "sales": ["product qty", "product line_total", "document line_total ts", "document line type ts till"],
        "returns": ["product qty"],
        "purchases": [
            "document product qty",
            "document supplier line_total",
            "supplier line_total",
            "product qty ordered_at",
        ],
        "receipts": ["product qty document", "product qty purchase_document", "product qty ts"],
        "invoices": ["document line_total", "document qty product", "document document_total"],
        "transfers": ["product qty_out from_location", "product qty_out to_location", "product qty_out transfer"],
        "counts": ["product counted_qty"],
        "lost_sales": ["ts product qty"],
        "orders": ["document product qty shipped_qty", "document product qty promised_at"],
        "sale_documents": ["document ts"],
        "invoice_documents": ["document supplier total", "document invoiced_at total"],
        "payments": ["payment amount", "supplier amount ts"],
        "tenders": ["document amount tender"],
        "lots": ["product lot expires"],
        "serials": ["product serial"],
        "ranging": ["product location"],
        "gl_entries": ["entry account", "account debit", "account credit"],
        "capacity": ["location units"],
        "count_schedule": ["scheduled_at product", "scheduled_at location"],
        "approval_limits": ["amount user", "amount role"],
        "shifts": ["shift", "till user opened_at"],
    }.items()
}
"""What a row must say at least to be one of the table; other tables need the columns of their required key."""


@dataclass(frozen=True)
class Reading:
    """A file taken for one table. `evidence` compares tables of one file; `sure` is 0 to 1."""

    table: Table
    pairs: Mapping[str, Pair]
    evidence: float
    named: float
    sure: float = 0.0

    def complete(self) -> bool:
        """The table's rows say what they must."""
        return is_complete(self.table, self.pairs)


@dataclass
class Book:
    """One file with what is known of it. `readings` are the tables it could be, the likeliest first."""

    source: Source
    facts: Sequence[Facts]
    readings: list[Reading] = field(default_factory=list[Reading])

    @property
    def best(self) -> Reading | None:
        """What the file is taken for; None where nothing is likely enough."""
        return self.readings[0] if self.readings else None

    @cached_property
    def weights(self) -> Mapping[int, float]:
        """How much each column says about the table, 0 to 1, by its position."""
        return _weights(self.facts)

    @cached_property
    def named(self) -> Mapping[str, Sequence[Column]]:
        """By table, the columns that some header could name."""
        places = {place for facts in self.facts for place in name_matches(facts.header)}
        return {
            table.name: [column for name, column in table.columns.items() if (table.name, name) in places]
            for table in load_canonical().values()
        }


def is_complete(table: Table, columns: Mapping[str, object]) -> bool:
    """The columns suffice for rows of the table."""
    ways = ESSENTIAL.get(table.name) or [frozenset(name for name in table.required_key if name != "line")]
    return any(way <= columns.keys() for way in ways)


def read_as(book: Book, overlaps: Overlaps) -> list[Reading]:
    """The tables that a file could be, the likeliest first, with how sure that is."""
    found = [_reading(book, table, overlaps) for table in load_canonical().values()]
    likely = [r for r in found if r.complete() and _says_enough(book, r) and may_hold(book.source, r.table.name)]
    likely.sort(key=lambda reading: -reading.evidence)
    if not likely:
        return []
    second = likely[1].evidence if len(likely) > 1 else 0.0
    lead = likely[0].evidence - max(second, 0.0)
    covered = len(likely[0].pairs) / max(len(book.facts), 1)
    sure = min(0.99, 1 - 0.5 * math.exp(-3 * max(lead, 0.0))) * (0.8 + 0.2 * covered)
    key = likely[0].pairs.get(own_key(likely[0].table) or "")
    if likely[0].named < _CERTAIN and key and key.score < _WEAK_KEY:
        sure = min(sure, _DOUBTFUL)
    best = replace(likely[0], pairs=only_moment(book.facts, likely[0].table, likely[0].pairs), sure=sure)
    return [best, *likely[1:]]


def _weights(columns: Sequence[Facts]) -> dict[int, float]:
    """How much each header says about the table: a header that fits many says little."""
    tables = load_canonical()
    weights: dict[int, float] = {}
    for facts in columns:
        scores: dict[str, float] = {}
        for (table, column), match in name_matches(facts.header).items():
            scores[table] = max(scores.get(table, 0.0), match.score * fit(facts, tables[table].columns[column]))
        top = max(scores.values(), default=0.0)
        fitting = sum(1 for score in scores.values() if score >= 0.85 * top)
        weights[facts.index] = (
            math.log(1 + len(tables) / max(fitting, 1)) / math.log(1 + len(tables)) if top >= LEAST else 0.0
        )
    return weights


def _reading(book: Book, table: Table, overlaps: Overlaps) -> Reading:
    weights = book.weights
    pairs = pair_columns(book.facts, table, _columns(book, table), book.source, overlaps)
    if "product" in pairs and not _counts_product(table, pairs):
        columns = [column for column in _columns(book, table) if column.name != "product"]
        pairs = pair_columns(book.facts, table, columns, book.source, overlaps)
    pairs = _with_stand_in(book, table, pairs)
    nameless = [facts for facts in book.facts if not weights[facts.index]]
    pairs = left_over(nameless, table, pairs, book.source, overlaps)
    pairs, second = with_ways(book.facts, table, pairs)
    pairs = number_of_rows(table, pairs, is_complete)
    placed = {pair.facts.index for pair in pairs.values()} | second
    evidence = sum(pair.score * weights[pair.facts.index] for pair in pairs.values())
    placed |= _described(book, table, pairs)
    evidence -= _STRAY * sum(weight for at, weight in weights.items() if at not in placed)
    missing = [name for name in table.required_key if name not in pairs and name != "line"]
    evidence -= _MISSING_KEY * len(missing)
    agreed = announced(book.source, table.name, pairs)
    evidence += _ANNOUNCED * agreed
    named = 1.0 if agreed else named_like(book.source.name, table)
    evidence += _FILE_NAME * named + (_USUAL if table.name in _USUAL_TABLES else 0.0)
    evidence -= _NOT_UNIQUE * _repeats(table, pairs)
    evidence -= against(table, pairs, book.facts, book.source, overlaps)
    return Reading(table, pairs, evidence, named)


def _described(book: Book, table: Table, pairs: Mapping[str, Pair]) -> set[int]:
    """The places of columns that say more of what a row refers to, as wide exports do: the name of its customer, the
    category of its product. They speak neither for the table nor against it."""
    parents = {pair.column.references.partition(".")[0] for pair in pairs.values() if pair.column.references}
    parents &= _DESCRIBED - {table.name}
    found: set[int] = set()
    for facts in book.facts:
        for (parent, column), match in name_matches(facts.header).items():
            named = parent in parents and column not in load_canonical()[parent].key
            if named and match.score * fit(facts, load_canonical()[parent].columns[column]) >= _GOOD:
                found.add(facts.index)
    return found


def _columns(book: Book, table: Table) -> Sequence[Column]:
    """What headers could name; the days and quantities of a price list are those of its prices, not of the products."""
    named = book.named[table.name]
    if table.name == "products" and any("price" in vocabulary().word(w).concepts for w in name_parts(book.source.name)):
        return [column for column in named if column.name not in {"reorder_point", "launched", "discontinued"}]
    return named


def _counts_product(table: Table, pairs: Mapping[str, Pair]) -> bool:
    """A purchase of a product says how much: without, a reference is rather that of the document."""
    known = (pairs["product"].overlap or 0.0) >= LEAST
    named = any("product" in word.concepts for word in vocabulary().words(pairs["product"].facts.header))
    return table.name not in BUYING or "qty" in pairs or known or named


def _with_stand_in(book: Book, table: Table, pairs: dict[str, Pair]) -> dict[str, Pair]:
    """A file of products that has barcodes only is kept by barcode, one of invoices by the suppliers' numbers; a stock
    of codes and values holds quantities."""
    name, other = _STAND_INS.get(table.name, ("", ""))
    if (
        name
        and (table.name != "inventory" or book.source.header == ("key", "value"))
        and name not in pairs
        and other in pairs
    ):
        pair = pairs.pop(other)
        pairs[name] = replace(pair, column=table.columns[name], score=0.85 * pair.score)
    return pairs


def _repeats(table: Table, pairs: Mapping[str, Pair]) -> float:
    """The share by which a key that numbers rows repeats itself; 0 where several columns make the key."""
    if len(table.required_key) != 1 or table.required_key[0] not in pairs:
        return 0.0
    facts = pairs[table.required_key[0]].facts
    return 1 - facts.distinct / facts.filled if facts.filled else 0.0


def _says_enough(book: Book, reading: Reading) -> bool:
    """A file is a table when its name says so, or when enough of its columns do."""
    good = [pair for pair in reading.pairs.values() if pair.score >= _GOOD]
    if _repeats(reading.table, reading.pairs) > 1 - _ONCE and reading.table.name in _ONE_EACH:
        return False
    if reading.named >= _GOOD:
        return len(good) >= 2
    heart = _HEARTS.get(reading.table.name)
    if heart and not any(heart in word.concepts for f in book.facts for word in vocabulary().words(f.header)):
        return False
    if reading.table.name == "purchases" and not {"document", "ordered_at"} & reading.pairs.keys():
        return False  # prices by supplier
    placed = {pair.facts.index for pair in reading.pairs.values()} | _described(book, reading.table, reading.pairs)
    known = len(placed) / max(sum(1 for facts in book.facts if facts.filled), 1)
    return len(good) >= 3 and (known >= 0.4 or len(good) >= _MANY) and reading.evidence > 0
