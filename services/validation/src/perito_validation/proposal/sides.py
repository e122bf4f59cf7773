"""What the columns of a file say about the table as a whole: that goods are bought or sold, or sent between places."""

from collections.abc import Container, Sequence
from functools import cache

from perito_rules.canonical import Table

from perito_validation.proposal.content import Facts
from perito_validation.proposal.headers import DOCUMENTS, name_matches
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.words import vocabulary
from perito_validation.source import Source

BUYING = frozenset(("purchases", "receipts", "invoices", "invoice_documents", "payments"))
"""Tables of dealings with suppliers."""

_SELLING = frozenset(("sales", "returns", "orders", "sale_documents", "tenders", "lost_sales"))
_EITHER_SIDE = frozenset(("buyer", "comprador", "pos", "retail", "caja"))
"""Words of both sides: a buyer buys from suppliers or is a customer."""

_TWO_PLACES, _OTHER_SIDE = 3.0, 2.0
_CERTAIN = 0.8


def against(table: Table, named: Container[str], columns: Sequence[Facts], source: Source, overlaps: Overlaps) -> float:
    """How much speaks against a table whose columns `named` were found, 0 for nothing."""
    total = 0.0
    if "from_location" not in table.columns and "type" not in named and _goes_somewhere(columns, source, overlaps):
        total += _TWO_PLACES
    buys, sells = _sides(columns, source, overlaps)
    if (buys and not sells and table.name in _SELLING) or (sells and not buys and table.name in BUYING):
        total += _OTHER_SIDE
    return total


def _sides(columns: Sequence[Facts], source: Source, overlaps: Overlaps) -> tuple[bool, bool]:
    """Whether a file speaks of suppliers and purchases, and whether of customers and tills: in words or in its keys."""
    said = {concept for text in (*(facts.header for facts in columns), source.name) for concept in _concepts(text)}
    keys = {best[0] for facts in columns if (best := overlaps.best(source, facts)) and best[1] >= _CERTAIN}
    buys = said & {"supplier", "purchase"} or keys & {"suppliers.supplier", *DOCUMENTS.values()}
    sells = said & {"customer", "sale", "cashier", "register"} or "customers.customer" in keys
    return bool(buys), bool(sells)


@cache
def _concepts(text: str) -> frozenset[str]:
    words = vocabulary().words(text)
    return frozenset(concept for word in words if word.text not in _EITHER_SIDE for concept in word.concepts)


def _goes_somewhere(columns: Sequence[Facts], source: Source, overlaps: Overlaps) -> bool:
    """One column says where the goods left, another where they went: rows that name no type are moves between them."""
    ends = [
        {
            facts.index
            for facts in columns
            if _certain(facts.header, ("transfers", end)) and not _is_document(facts, source, overlaps)
        }
        for end in ("from_location", "to_location")
    ]
    directed = {f.index for f in columns if not _is_place(f.header)} & (ends[0] | ends[1])
    return len(ends[0] | ends[1]) >= len(ends) and all(ends) and bool(directed)


def _is_place(header: str) -> bool:
    """The header names a place at which something is, such as `Store Number` beside `Store Location`."""
    matches = name_matches(header)
    at = matches.get(("sales", "location"))
    ends = [
        matches[place] for place in (("transfers", "from_location"), ("transfers", "to_location")) if place in matches
    ]
    return at is not None and all(at.score >= end.score for end in ends)


def _is_document(facts: Facts, source: Source, overlaps: Overlaps) -> bool:
    """The column holds numbers of documents, whatever its header says (`origin`)."""
    best = overlaps.best(source, facts)
    return best is not None and best[1] >= _CERTAIN and best[0] in DOCUMENTS.values()


def _certain(header: str, place: tuple[str, str]) -> bool:
    match = name_matches(header).get(place)
    return match is not None and match.score >= _CERTAIN
