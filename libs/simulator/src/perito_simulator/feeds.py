"""The feeds of the books: which columns each has, in order, and what kind of value stands in them.

Values are whole numbers: places in a table of codes or words, base units, cents, hundredths of a share, dates and
moments since 1970-01-01, documents. NOTHING is a blank cell where a column may have one. Only masters have texts.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a column holds."""

    CODE = "code"  # place in the world's codes of `domain`
    WORD = "word"  # place in WORDS[domain]
    LINE = "line"  # number of a line
    NUMBER = "number"  # whole number, may be negative
    MONEY = "money"  # cents, may be negative
    SHARE = "share"  # hundredths of one
    DATE = "date"  # days since 1970-01-01
    MOMENT = "moment"  # local seconds since then
    DOCUMENT = "document"  # see documents
    TEXT = "text"  # bytes, UTF-8


@dataclass(frozen=True)
class Column:
    """A column of a feed. `blank`: some cells have no value."""

    name: str
    kind: Kind
    domain: str = ""
    blank: bool = False


@dataclass(frozen=True)
class Feed:
    """A feed by the name of its canonical table."""

    name: str
    columns: tuple[Column, ...]


def _columns(text: str) -> tuple[Column, ...]:
    """`name kind[:domain][?]`, one per line; `?` for columns with blank cells."""
    columns: list[Column] = []
    for line in text.strip().splitlines():
        name, _, kind = line.strip().partition(" ")
        blank = kind.endswith("?")
        kind, _, domain = kind.rstrip("?").partition(":")
        columns.append(Column(name, Kind(kind), domain, blank))
    return tuple(columns)


FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        Feed(
            "products",
            _columns("""
            product code:product
            name text
            category code:category
            supplier code:supplier
            unit_cost money
            unit_price money
            units_per_pack number
            base_uom word:uom
            gtin text
            perishable word:yes_no"""),
        ),
        Feed(
            "suppliers",
            _columns("""
            supplier code:supplier
            name text
            quoted_lead_days number
            tax_id text
            city text"""),
        ),
        Feed(
            "locations",
            _columns("""
            location code:location
            name text
            type word:location_type
            city text
            capacity_units number
            timezone text
            currency text"""),
        ),
        Feed(
            "users",
            _columns("""
            user code:user
            name text
            role word:role
            location code:location
            hired date"""),
        ),
        Feed(
            "customers",
            _columns("""
            customer code:customer
            since date
            employee code:user?"""),
        ),
        Feed(
            "tills",
            _columns("""
            till code:till
            location code:location
            opening_float money"""),
        ),
        Feed(
            "lanes",
            _columns("""
            from_location code:location
            to_location code:location
            transit_days number
            trip_cost money"""),
        ),
        Feed(
            "promotions",
            _columns("""
            promotion code:promotion
            product code:product
            starts date
            ends date
            price money"""),
        ),
        Feed(
            "purchases",
            _columns("""
            document document
            line line
            ordered_at moment
            supplier code:supplier
            product code:product
            location code:location
            qty number
            unit_cost money
            line_total money
            promised_at date
            status word:order_status
            user code:user
            approver code:user"""),
        ),
        Feed(
            "receipts",
            _columns("""
            document document
            line line
            ts moment
            purchase_document document
            purchase_line line
            supplier code:supplier
            product code:product
            location code:location
            qty number
            accepted number
            rejected number
            unit_cost money
            user code:user"""),
        ),
        Feed(
            "invoices",
            _columns("""
            supplier code:supplier
            document document
            line line
            invoiced_at date
            purchase_document document
            purchase_line line
            receipt_document document
            product code:product
            qty number
            unit_price money
            line_total money"""),
        ),
        Feed(
            "invoice_documents",
            _columns("""
            supplier code:supplier
            document document
            invoiced_at date
            purchase_document document
            subtotal money
            tax money
            total money
            user code:user"""),
        ),
        Feed(
            "transfers",
            _columns("""
            transfer document
            line line
            product code:product
            from_location code:location
            to_location code:location
            qty_out number
            qty_in number?
            out_ts moment
            in_ts moment?
            sender code:user
            receiver code:user?
            status word:transfer_status"""),
        ),
        Feed(
            "movements",
            _columns("""
            movement document
            ts moment
            product code:product
            location code:location
            type word:movement_type
            qty number
            unit_cost money
            balance_after number
            ref_type word:ref_type?
            ref_id document?
            ref_line line?
            user code:user
            reason word:movement_reason?"""),
        ),
        Feed(
            "sales",
            _columns("""
            document document
            line line
            ts moment
            type word:sale_type
            product code:product
            location code:location
            till code:till
            user code:user
            customer code:customer?
            qty number
            list_price money
            unit_price money
            discount share
            line_total money
            tender word:tender
            promotion code:promotion?
            original_document document?
            original_line line?
            void_stage word:void_stage?
            approved_by code:user?
            reason word:return_reason?"""),
        ),
        Feed(
            "count_sessions",
            _columns("""
            count_session document
            location code:location
            type word:count_type
            started_at moment
            ended_at moment
            posted_at moment
            counter code:user
            status word:count_status"""),
        ),
        Feed(
            "counts",
            _columns("""
            count_session document
            ts moment
            product code:product
            location code:location
            system_qty number
            counted_qty number
            reported_variance number
            counter code:user"""),
        ),
        Feed(
            "inventory",
            _columns("""
            snapshot_date date
            product code:product
            location code:location
            qty number
            unit_cost money"""),
        ),
    )
}
