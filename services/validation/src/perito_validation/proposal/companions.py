"""Second tables of a file: the receipt date on an order line, the stock beside a product, a list of two kinds of rows.

What a table left over of its file may be the heart of another one, which shares the keys with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perito_rules.canonical import Column, load_canonical

from perito_validation.proposal.drafts import Draft, Entry, Plan, entry_of
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.pairs import pair_columns
from perito_validation.proposal.tables import is_complete
from perito_validation.understanding import Reason

_SURE = 0.75
"""A second table is made of headers that name its columns well, not of likenesses."""


_DATES, _OF_LIST, _MOSTLY = 0.9, 0.7, 1.2


@dataclass(frozen=True)
class _Second:
    """A table that may stand in the file of another. One of `heart` must be named by a column that is left over; `more`
    may be; `shared` are its columns by those of the first table; rows blank in the first of `skip` are none of it."""

    first: str
    table: str
    heart: tuple[str, ...]
    more: tuple[str, ...]
    shared: Mapping[str, str]
    skip: tuple[str, ...] = ()
    takes: Mapping[str, str] = field(default_factory=dict[str, str])
    only_if_absent: bool = False


_LINE = {"supplier": "supplier", "product": "product", "location": "location"}
_SECONDS: Sequence[_Second] = (
    _Second(
        "purchases",
        "receipts",
        ("ts", "qty"),
        ("document", "accepted", "rejected", "user", "posted_at", "lot"),
        {"document": "document", "line": "line", "purchase_document": "document", "purchase_line": "line", **_LINE}
        | {"qty": "qty", "unit_cost": "unit_cost"},
        ("ts", "document", "qty"),
        only_if_absent=True,
    ),
    _Second(
        "purchases",
        "invoices",
        ("document",),
        (
            "supplier_number",
            "line",
            "invoiced_at",
            "due_at",
            "qty",
            "unit_price",
            "line_total",
            "document_total",
            "tax",
        ),
        {"purchase_document": "document", "purchase_line": "line", **_LINE},
        ("document", "invoiced_at"),
        only_if_absent=True,
    ),
    _Second(
        "products",
        "inventory",
        ("qty",),
        ("snapshot_date", "location", "lot", "qty_reserved", "qty_on_order", "value"),
        {"product": "product", "unit_cost": "unit_cost"},
    ),
    _Second(
        "inventory",
        "products",
        ("name", "category", "unit_price"),
        ("brand", "supplier", "gtin", "reorder_point", "units_per_pack", "base_uom", "active"),
        {"product": "product", "unit_cost": "unit_cost", "base_uom": "uom"},
        only_if_absent=True,
    ),
    _Second(
        "movements",
        "purchases",
        ("supplier",),
        ("line_total", "promised_at", "approver", "contract_price"),
        {"document": "movement", "product": "product", "location": "location", "qty": "qty", "unit_cost": "unit_cost"}
        | {"ordered_at": "ts", "line_total": "value_delta"},
        ("supplier",),
        takes={"line_total": "value_delta"},
    ),
)


def add_companions(plan: Plan, overlaps: Overlaps) -> None:
    """Adds the second tables of all files."""
    for draft in list(plan.drafts):
        for second in _SECONDS:
            if draft.table.name == second.first and not (second.only_if_absent and plan.feeding(second.table)):
                _add(plan, draft, second, overlaps)


def _add(plan: Plan, first: Draft, second: _Second, overlaps: Overlaps) -> None:
    table = load_canonical()[second.table]
    used = {entry.facts.index for made in plan.of(first.book) for entry in made.entries.values()}
    left = [facts for facts in first.book.facts if facts.index not in used and facts.filled]
    wanted = [table.columns[name] for name in (*second.heart, *second.more)]
    pairs = pair_columns(left, table, wanted, first.book.source, overlaps)
    pairs = {name: pair for name, pair in pairs.items() if pair.score >= _SURE}
    if not any(name in second.heart for name in pairs):
        return
    entries = {name: entry_of(first.book, pair, first.sure) for name, pair in pairs.items()}
    for name, origin in second.shared.items():
        if name not in entries and (entry := first.own(origin)):
            entries[name] = _borrowed(entry, table.columns[name], first.table.name)
    if second.table == "inventory" and "snapshot_date" not in entries:
        days = [facts for facts in left if facts.written_dates >= _DATES and facts.distinct == 1]
        if len(days) == 1:
            reason = Reason("It is one day on all rows.", "Es un mismo día en todas las filas.")
            entries["snapshot_date"] = Entry(first.book, days[0], table.columns["snapshot_date"], _OF_LIST, reason)
    skip = next((entries[name].facts for name in second.skip if name in pairs), None)
    if not is_complete(table, entries) or (second.table == "products" and not entries["product"].facts.unique):
        return
    for name, origin in second.takes.items():
        taken = first.own(origin)
        if taken and name in entries and skip and taken.facts.filled > _MOSTLY * skip.filled:
            del entries[name]  # an amount that all rows of the ledger bear is the ledger's
        else:
            first.entries.pop(origin, None)
    header = skip.header if skip else None
    ordered = {name: entries[name] for name in table.columns if name in entries}
    plan.drafts.append(Draft(first.book, table, first.sure, ordered, skip=header))
    if second.takes:
        _part_rows(first)


def _borrowed(entry: Entry, column: Column, table: str) -> Entry:
    english, spanish = f"The same as in {table}.", f"Lo mismo que en {table}."
    return Entry(entry.book, entry.facts, column, entry.confidence * 0.95, Reason(english, spanish))


def _part_rows(first: Draft) -> None:
    """The other rows of a list of two kinds are those that name a type or a product."""
    for name in ("type", "product", "qty"):
        entry = first.own(name)
        if entry and entry.facts.filled < entry.facts.rows:
            first.skip = entry.facts.header
            return
