"""The makes of tills that the shops of the mixed style have, by turns: each names and writes sale lines in its way."""

from perito_simulator.dialects import Dialect
from perito_simulator.feeds import FEEDS

_COLUMNS = tuple(column.name for column in FEEDS["sales"].columns if column.name != "location")
_OWN_PLACE = frozenset({"location"})


def _headers(*labels: str) -> dict[str, str]:
    return dict(zip(_COLUMNS, labels, strict=True))


_NORTH = Dialect(
    left_out=_OWN_PLACE,
    headers=_headers(
        *"ticket line sold_at type sku register cashier customer qty regular_price price disc amount".split(),  # noqa: SIM905
        *"payment_method promo original_order original_line void_type approved_by reason".split(),  # noqa: SIM905
        *"session card_token price_overridden qty_override".split(),  # noqa: SIM905
    ),
)
_SOUTH = Dialect(
    delimiter=";",
    decimal=",",
    thousands=".",
    date="%d/%m/%Y",
    seconds=False,
    left_out=_OWN_PLACE,
    lower=frozenset({"product"}),
    words={
        "sale_type": ("venta", "devolucion", "anulacion", "apertura_cajon"),
        "tender": ("tarjeta", "efectivo", "vale"),
        "void_stage": ("linea", "antes_pago", "despues_pago"),
        "yes_no": ("no", "sí"),
    },
    headers=_headers(
        "Ticket",
        "Línea",
        "Fecha",
        "Tipo",
        "Artículo",
        "Caja",
        "Cajero",
        "Cliente",
        "Cantidad",
        "Precio lista",
        "Precio",
        "Dto",
        "Importe",
        "Forma pago",
        "Promoción",
        "Ticket original",
        "Línea original",
        "Tipo anulación",
        "Autorizado por",
        "Motivo",
        "Turno",
        "Id tarjeta",
        "Precio modificado",
        "Cantidad modificada",
    ),
)
_EAST = Dialect(
    delimiter="\t",
    date="%m/%d/%Y",
    end="\r\n",
    left_out=_OWN_PLACE,
    words={"sale_type": ("SALE", "REFUND", "VOID", "NO_SALE"), "tender": ("CREDIT_CARD", "CASH", "GIFTCARD")},
    headers=_headers(
        "Receipt No",
        "Line No",
        "Transaction Date",
        "Transaction Type",
        "Item No",
        "Terminal",
        "Operator",
        "Customer No",
        "Quantity",
        "Original Price",
        "Unit Price",
        "Discount Pct",
        "Net Amount",
        "Tender Type",
        "Coupon",
        "Original Receipt",
        "Original Line No",
        "Void Type",
        "Supervisor",
        "Reason Code",
        "Shift ID",
        "Card Token",
        "Manual Price",
        "Quantity Changed",
    ),
)
_WEST = Dialect(
    delimiter="|",
    decimal=",",
    date="%d-%m-%Y",
    left_out=_OWN_PLACE,
    headers=_headers(
        *"TICKET_NO LINE_NO DATETIME LINE_TYPE ITEM_CODE POS_ID CASHIER_ID CUSTOMER_ID UNITS LIST_PRICE".split(),  # noqa: SIM905
        *"UNIT_PRICE DISCOUNT_RATE LINE_AMOUNT PAYMENT_TYPE PROMO_CODE ORIGINAL_ORDER ORIGINAL_LINE".split(),  # noqa: SIM905
        *"VOID_TYPE AUTHORIZED_BY REASON_CODE SHIFT CARD_HASH OVERRIDE QTY_OVERRIDE".split(),  # noqa: SIM905
    ),
)

TILLS: tuple[tuple[str, Dialect], ...] = (
    ("sales", _NORTH),
    ("ventas", _SOUTH),
    ("pos", _EAST),
    ("tickets", _WEST),
)
"""Beginning of the file's name, and dialect."""
