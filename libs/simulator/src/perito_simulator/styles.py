"""Styles: into which files the books go. In the plain style each feed is one file whose headers are those of the
canonical tables; in the mixed one every system of the retailer exports as it likes, each shop's tills too."""

from collections.abc import Callable, Mapping

from perito_kernel.errors import Invalid

from perito_simulator.dialects import Dialect, Target
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.spanish import FILES, PROGRAM
from perito_simulator.tills_of_makers import TILLS


def plain(world: World) -> list[Target]:
    """One file per feed, headers as the canonical tables have them."""
    del world
    return [Target(f"{feed.of}_{name}.csv" if feed.of else f"{name}.csv", feed) for name, feed in FEEDS.items()]


def spanish(world: World) -> list[Target]:
    """One program in Spanish for all: its own names of files and columns, commas in numbers, days before months."""
    del world
    return [Target(f"{FILES[name]}.csv", feed, PROGRAM) for name, feed in FEEDS.items()]


def mixed(world: World) -> list[Target]:
    """The files of several systems: one for the warehouse, one for buying, one for the counts, one per make of till."""
    shops = world.codes["location"].tolist()[1:]
    targets = [Target(name, FEEDS[feed], dialect) for feed, (name, dialect) in _SYSTEMS.items()]
    for place, code in enumerate(shops, 1):
        name, dialect = TILLS[(place - 1) % len(TILLS)]
        targets.append(Target(f"{name}_{code.decode()}.csv", FEEDS["sales"], dialect, location=place))
    return targets


STYLES: Mapping[str, Callable[[World], list[Target]]] = {"plain": plain, "mixed": mixed, "spanish": spanish}


def targets_of(style: str, world: World) -> list[Target]:
    """The files of a style. Raises `Invalid` STYLE_UNKNOWN."""
    if style not in STYLES:
        raise Invalid("STYLE_UNKNOWN", f"There is no style {style}; there are {', '.join(STYLES)}.")
    return STYLES[style](world)


def _named(pairs: str) -> dict[str, str]:
    """`column=Header` by column, one per line."""
    split = (line.strip().partition("=") for line in pairs.strip().splitlines())
    return {column: header for column, _, header in split}


_BUYING = Dialect(
    delimiter=";",
    decimal=",",
    date="%d.%m.%Y",
    end="\r\n",
    cartons="qty",
    headers=_named("""
        document=PO No
        line=PO Line
        ordered_at=PO Date
        supplier=Vendor No
        product=Item No
        location=Ship To
        qty=Qty Ordered
        uom=Unit
        unit_cost=Unit Price
        line_total=Line Amount
        promised_at=Promised Date
        status=Status
        requester=Requester
        user=Buyer
        approver=Approved By"""),
    per_carton="unit_cost",
)
_BILLS = Dialect(
    delimiter=";",
    decimal=",",
    thousands=".",
    date="%d.%m.%Y",
    headers=_named("""
        supplier=Vendor No
        document=Invoice No
        line=Line No
        invoiced_at=Invoice Date
        purchase_document=PO No
        purchase_line=PO Line
        receipt_document=GRN No
        product=Item No
        qty=Qty
        unit_price=Unit Price
        line_total=Line Amount
        subtotal=Net Total
        tax=VAT
        total=Gross Total
        user=Entered By"""),
)
_RECEIVING = Dialect(
    delimiter="|",
    date="%Y/%m/%d",
    cartons="qty",
    left_out=frozenset({"accepted", "rejected"}),
    headers=_named("""
        document=GRN
        line=Line
        ts=Received At
        purchase_document=PO
        purchase_line=PO Line
        supplier=Supplier
        product=SKU
        location=Site
        qty=Qty Received
        uom=Unit
        unit_cost=Unit Cost
        user=Received By"""),
)
_WAREHOUSE = Dialect(
    delimiter="|",
    date="%Y/%m/%d",
    cartons="qty",
    headers=_named("""
        movement=MoveNo
        ts=DateTime
        posted_at=Posted
        product=SKU
        location=Site
        type=Type
        qty=Qty
        uom=Unit
        unit_cost=UnitCost
        value_delta=Value
        balance_after=Balance
        value_after=StockValue
        ref_type=DocType
        ref_id=Reference
        ref_line=RefLine
        user=User
        reason=Reason
        reversal_of=Reverses
        transfer=TransferNo
        line=Line
        from_location=From
        to_location=To
        qty_out=QtySent
        qty_in=QtyReceived
        out_ts=Shipped
        in_ts=Received
        sender=SentBy
        receiver=ReceivedBy
        status=Status"""),
)
_SHIPPING = Dialect(delimiter="|", date="%Y/%m/%d", headers=_WAREHOUSE.headers)
_COUNTS = Dialect(
    delimiter=";",
    date="%d/%m/%Y",
    seconds=False,
    thousands=".",
    decimal=",",
    lower=frozenset({"product"}),
    headers=_named("""
        count_session=Conteo
        ts=Fecha
        product=Artículo
        location=Almacén
        system_qty=Teórico
        counted_qty=Contado
        reported_variance=Diferencia
        recount_qty=Reconteo
        counter=Contador
        recounter=Recontador
        scheduled_at=Fecha prevista
        type=Tipo
        started_at=Inicio
        ended_at=Fin
        posted_at=Fecha registro
        status=Estado"""),
    words={"count_type": ("ciclico",), "count_status": ("contabilizado",)},
)
_STOCK = Dialect(
    date="%d-%b-%Y",
    headers=_named("""
        snapshot_date=Date
        product=SKU
        location=Site
        qty=On Hand
        unit_cost=Average Cost"""),
)
_CATALOGUE = Dialect(
    headers=_named("""
        product=SKU
        name=Name
        category=Category
        supplier=Supplier
        unit_cost=UnitCost
        unit_price=UnitPrice
        units_per_pack=UnitsPerCarton
        base_uom=Unit
        gtin=EAN
        perishable=Perishable
        quoted_lead_days=LeadDays
        tax_id=VAT number
        bank_account=IBAN
        address=Address
        city=City
        phone=Phone
        created_at=Created
        created_by=Created by
        location=Site
        type=Type
        opened=Opened
        capacity_units=Capacity
        timezone=Time zone
        currency=Currency
        till=Register
        opening_float=Float
        from_location=From
        to_location=To
        transit_days=Transit days
        trip_cost=Trip cost
        promotion=Promo
        starts=From date
        ends=To date
        price=Promo price
        customer=Customer
        since=Customer since
        employee=Employee
        user=User
        role=Role
        hired=Hire date
        day=Date
        trading=Open
        opens_at=Opens at
        closes_at=Closes at
        holiday=Holiday
        limit_id=Limit
        document_type=Document type
        amount=Amount"""),
)
_BACK_OFFICE = Dialect(
    delimiter=";",
    date="%Y%m%d",
    headers=_named("""
        document=Receipt No
        line=Line No
        type=Entry Type
        series=Series
        number=Number
        ts=Opened At
        tendered_at=Paid At
        voided_at=Voided At
        location=Store
        till=Terminal
        shift=Shift
        user=Cashier
        subtotal=Net Amount
        tax=Tax
        total=Total
        opened_at=Opened
        closed_at=Closed
        opening_cash=Opening Cash
        expected_cash=Expected Cash
        counted_cash=Counted Cash
        approved_by=Supervisor
        reason=Reason Code"""),
)
_SYSTEMS: Mapping[str, tuple[str, Dialect]] = {
    "products": ("products.csv", _CATALOGUE),
    "suppliers": ("suppliers.csv", _CATALOGUE),
    "locations": ("sites.csv", _CATALOGUE),
    "users": ("staff.csv", _CATALOGUE),
    "customers": ("customers.csv", _CATALOGUE),
    "tills": ("registers.csv", _CATALOGUE),
    "lanes": ("lanes.csv", _CATALOGUE),
    "promotions": ("promotions.csv", _CATALOGUE),
    "calendars": ("opening_days.csv", _CATALOGUE),
    "approval_limits": ("approval_limits.csv", _CATALOGUE),
    "sale_documents": ("receipts_issued.csv", _BACK_OFFICE),
    "drawers": ("drawer_log.csv", _BACK_OFFICE),
    "shifts": ("till_shifts.csv", _BACK_OFFICE),
    "purchases": ("po_lines.csv", _BUYING),
    "receipts": ("grn.csv", _RECEIVING),
    "invoices": ("vendor_invoices.csv", _BILLS),
    "invoice_documents": ("invoice_headers.csv", _BILLS),
    "transfers": ("transfers.csv", _SHIPPING),
    "movements": ("stock_ledger.csv", _WAREHOUSE),
    "count_sessions": ("conteos.csv", _COUNTS),
    "count_schedule": ("conteos_previstos.csv", _COUNTS),
    "counts": ("conteos_detalle.csv", _COUNTS),
    "inventory": ("month_end_stock.csv", _STOCK),
}
