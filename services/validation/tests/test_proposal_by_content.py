"""Columns that cells, arithmetic and file names place where headers do not, and neighbours that they leave alone."""

from datetime import date
from pathlib import Path

import pytest
from perito_validation.proposal.headers import name_matches
from perito_validation.proposal.rows import day_in_name
from perito_validation.proposal.words import vocabulary

from .test_proposal import cell, proposed, topics


def tickets(amounts: str, header: str = "Cost") -> str:
    """Twelve lines of four products in quantities 1 to 3; `amounts` is the amount of a line, by quantity or not."""
    rows = [
        f"T{at},2026-05-{at + 1:02d},A{at % 4},{qty},{10 * qty}.00,{(3 + at % 4) * (qty if amounts == 'line' else 1)}"
        for at, qty in enumerate([1, 2, 1, 3, 2, 1, 3, 1, 3, 3, 2, 2])
    ]
    return "\n".join([f"Ticket,Date,Item,Qty,Line Total,{header}", *rows]) + "\n"


def test_a_cost_that_grows_with_the_quantity_is_no_cost_of_one(tmp_path: Path) -> None:
    made = proposed(tmp_path, {"sales.csv": tickets("line")})
    assert "unit_cost" not in made.mapping.files["sales.csv"].tables["sales"].columns
    assert "amount" in topics(made)
    assert cell(proposed(tmp_path / "unit", {"sales.csv": tickets("unit")}), "sales.csv", "sales", "unit_cost").column


def test_an_amount_that_is_steady_is_the_one_of_a_unit(tmp_path: Path) -> None:
    text = tickets("unit", "Amount").replace("Line Total", "Shelf")
    columns = proposed(tmp_path, {"sales.csv": text}).mapping.files["sales.csv"].tables["sales"].columns
    assert columns["unit_price"].column == "Amount"
    assert "line_total" not in columns


@pytest.mark.parametrize(("total", "place"), [("18.00", "discount_amount"), ("19.60", "discount")])
def test_a_discount_is_money_where_it_adds_up_as_money(total: str, place: str, tmp_path: Path) -> None:
    rows = [f"T{at},2026-05-{at + 10},A{at},2,10.00,2.00,{total}" for at in range(5)]
    made = proposed(tmp_path, {"sales.csv": "\n".join(["Ticket,Date,Item,Qty,Price,Discount,Line Total", *rows])})
    assert cell(made, "sales.csv", "sales", place).column == "Discount"


def test_what_nothing_else_could_be_is_placed_and_two_that_could_be_are_not(tmp_path: Path) -> None:
    head, rows = "Ticket,Zorp,Item,Qty,Frobbed By", [f"T{at},2026-05-{at + 10},A{at},2,ann" for at in range(5)]
    columns = proposed(tmp_path / "one", {"sales.csv": "\n".join([head, *rows])}).mapping.files["sales.csv"]
    assert columns.tables["sales"].columns["ts"].column == "Zorp"
    assert columns.tables["sales"].columns["user"].column == "Frobbed By"
    both = [f"{head},Zarp", *(f"{row},2026-06-01" for row in rows)]
    columns = proposed(tmp_path / "two", {"sales.csv": "\n".join(both)}).mapping.files["sales.csv"]
    assert "ts" not in columns.tables["sales"].columns


def test_words_of_movements_are_their_type_whatever_the_header(tmp_path: Path) -> None:
    rows = [f"M{at},2026-05-{at + 10},A{at},{2 + at},{'IN' if at % 2 else 'OUT'}" for at in range(6)]
    made = proposed(tmp_path, {"movements.csv": "\n".join(["Movement,Date,Item,Qty,Zorp", *rows])})
    assert cell(made, "movements.csv", "movements", "type").column == "Zorp"
    assert cell(made, "movements.csv", "movements", "qty").sign == "by_type"


def test_codes_are_the_key_of_a_master_and_words_its_name(tmp_path: Path) -> None:
    rows = [f"{2100 + at},Trail shoe {at},4.50" for at in range(6)]
    made = proposed(tmp_path, {"items.csv": "\n".join(["System ID,Item,Default Cost", *rows])})
    assert cell(made, "items.csv", "products", "product").column == "System ID"
    assert cell(made, "items.csv", "products", "name").column == "Item"


def test_the_day_in_a_file_name_is_the_day_of_the_stock(tmp_path: Path) -> None:
    text = "Item,Warehouse,On Hand\nA1,W1,4\nA2,W1,5\n"
    made = proposed(tmp_path, {"stock_2026-04-30.csv": text, "stock_2026-05-31.csv": text})
    days = [
        made.mapping.files[f"stock_2026-{day}.csv"].tables["inventory"].constants["snapshot_date"]
        for day in ("04-30", "05-31")
    ]
    assert days == ["2026-04-30", "2026-05-31"]
    assert "snapshot_date" not in topics(made)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("books.zip/inv_20260531.csv", date(2026, 5, 31)),
        ("stock 2026.05.31 final.xlsx", date(2026, 5, 31)),
        ("stock_2026-05-01_2026-05-31.csv", None),
        ("stock_2026-02-30.csv", None),
        ("item_1202605319.csv", None),
    ],
)
def test_days_are_read_from_names_that_give_one(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


@pytest.mark.parametrize(
    ("word", "concept"), [("cshr", "cashier"), ("sld", "sale"), ("clrk", "user"), ("assoc", "user")]
)
def test_words_without_vowels_or_end_mean_what_they_shorten(word: str, concept: str) -> None:
    assert concept in vocabulary().word(word).concepts


@pytest.mark.parametrize("word", ["xyz", "brrr", "qwrt"])
def test_letters_that_shorten_nothing_mean_themselves(word: str) -> None:
    assert vocabulary().word(word).concepts == {word}


def test_words_that_were_cut_off_mean_the_one_value_that_begins_so(tmp_path: Path) -> None:
    rows = [f"T{at},2026-05-{at + 10},A{at},2,{'EFE' if at % 2 else 'TAR'}" for at in range(6)]
    made = proposed(tmp_path, {"sales.csv": "\n".join(["Ticket,Date,Item,Qty,Tender", *rows])})
    assert cell(made, "sales.csv", "sales", "tender").values == {"EFE": "cash"}
    assert "words" in topics(made), "TAR could be tarjeta or tarjeta de regalo"


@pytest.mark.parametrize(
    ("header", "place"),
    [("QOO", ("inventory", "qty_on_order")), ("EXT_AMT", ("sales", "line_total")), ("F. Pago", ("sales", "tender"))],
)
def test_initials_and_headers_of_other_tables_name_columns(header: str, place: tuple[str, str]) -> None:
    assert name_matches(header)[place].score >= 0.5


def test_a_discount_in_a_currency_is_no_rate(tmp_path: Path) -> None:
    rows = [f"T{at},2026-05-{at + 10},A{at},2,0.00,20.00" for at in range(5)]
    made = proposed(tmp_path, {"sales.csv": "\n".join(["Ticket,Date,Item,Qty,Disc €,Line Total", *rows])})
    assert cell(made, "sales.csv", "sales", "discount_amount").column == "Disc €"


def test_a_day_of_creation_gives_way_to_one_of_leaving(tmp_path: Path) -> None:
    rows = [f"X{at},2026-05-{at + 10},2026-05-{at + 11},S1,S2,A{at},4" for at in range(5)]
    made = proposed(tmp_path, {"transfers.csv": "\n".join(["Transfer,Created,Sent,From,To,Item,Qty", *rows])})
    assert cell(made, "transfers.csv", "transfers", "out_ts").column == "Sent"


def receipts_in_cartons(of: str, base: str) -> dict[str, str]:
    """Receipts of whole cartons only, at a price of one carton or one piece; the master says the base unit."""
    packs = {f"A{n}": 4 + 2 * n for n in range(1, 5)}
    master = "\n".join(f"{code},Thing {code},{size}.50,{size},{base}" for code, size in packs.items())
    rows = "\n".join(
        f"G{n},2026-05-0{n},PO{n},{code},W1,{n},{size + 0.5 if of == 'piece' else (size + 0.5) * size},CTN"
        for n, (code, size) in enumerate(packs.items(), 1)
    )
    return {
        "products.csv": f"SKU,Name,Unit Cost,Units per carton,Base unit\n{master}\n",
        "goods_receipts.csv": f"GRN,Received At,PO,SKU,Site,Qty Received,Unit Cost,Unit\n{rows}\n",
    }


@pytest.mark.parametrize("of", ["carton", "piece"])
def test_cartons_of_what_the_master_keeps_in_pieces_are_converted_and_their_prices_told_apart(
    tmp_path: Path, of: str
) -> None:
    made = proposed(tmp_path, receipts_in_cartons(of, "EACH"))
    quantity = cell(made, "goods_receipts.csv", "receipts", "qty")
    assert quantity.unit is not None
    assert list(quantity.unit.factors) == ["CTN"]
    assert cell(made, "goods_receipts.csv", "receipts", "unit_cost").per_unit is (of == "carton")


def test_cartons_of_what_the_master_keeps_in_cartons_are_left_alone(tmp_path: Path) -> None:
    made = proposed(tmp_path, receipts_in_cartons("carton", "CTN"))
    assert cell(made, "goods_receipts.csv", "receipts", "qty").unit is None
    assert not cell(made, "goods_receipts.csv", "receipts", "unit_cost").per_unit


def invoices(numbers: range, of_lines: int) -> str:
    """An invoice of Spanish words for each number: with `of_lines` its lines, without its header."""
    if not of_lines:
        rows = [f"S{n % 3};F{n};{n % 28 + 1:02d}/06/2026;P{n};{20 * n},00;{4 * n},20;{24 * n},20" for n in numbers]
        return "\n".join(["Proveedor;Documento;Fecha factura;Pedido;Base;IVA;Total", *rows]) + "\n"
    rows = [
        f"S{n % 3};F{n};{line + 1};{n % 28 + 1:02d}/06/2026;P{n};A{line};{n};10,00;{10 * n},00"
        for n in numbers
        for line in range(of_lines)
    ]
    head = "Proveedor;Documento;Línea;Fecha factura;Pedido;Artículo;Cantidad;Precio;Importe"
    return "\n".join([head, *rows]) + "\n"


def test_headers_beside_the_lines_of_the_same_invoices_are_no_lines(tmp_path: Path) -> None:
    twice = invoices(range(1, 41), 0) + invoices(range(7, 8), 0).partition("\n")[2]
    files = {"facturas.csv": twice, "facturas_lineas.csv": invoices(range(1, 41), 2)}
    made = proposed(tmp_path / "both", files).mapping.files
    assert {name: list(file.tables) for name, file in made.items()} == {
        "facturas.csv": ["invoice_documents"],
        "facturas_lineas.csv": ["invoices"],
    }
    assert made["facturas.csv"].tables["invoice_documents"].columns["subtotal"].column == "Base"
    other = {"facturas.csv": invoices(range(101, 141), 0), "facturas_lineas.csv": invoices(range(1, 41), 2)}
    assert list(proposed(tmp_path / "other", other).mapping.files["facturas.csv"].tables) == ["invoices"]


def test_the_running_number_of_a_ticket_is_no_product(tmp_path: Path) -> None:
    """Headers of tickets in English words, and lines of two shops, one of which sells one thing to a ticket."""
    heads = "Receipt No;Series;Number;Opened At;Paid At;Store;Terminal;Cashier;Net Amount;Tax;Total\n"
    lines = dict.fromkeys(("T1", "T2"), "ticket;line;sold_at;type;sku;register;cashier;qty;price;amount\n")
    for n in range(120):
        shop = "T1" if n < 60 else "T2"
        moment, till = f"2025070{n % 9 + 1} 1{n % 9}:04:5{n % 9}", f"{shop}-{n % 2}"
        heads += f"{shop}-{n};{shop};{n + 1};{moment};{moment};{shop};{till};U{n % 7};{10 + n}.00;2.10;{12 + n}.10\n"
        for line in range(1 if shop == "T1" else 3):
            lines[shop] += f"{shop}-{n};{line + 1};2025-07-0{n % 9 + 1} 10:00:00;sale;A{100 + (n + line) % 40};"
            lines[shop] += f"{till};U{n % 7};{line + 2};1.50;{1.5 * (line + 2):.2f}\n"
    files = {"receipts_issued.csv": heads} | {f"sales_{shop}.csv": text for shop, text in lines.items()}
    files["products.csv"] = "sku;name;price\n" + "".join(f"A{100 + n};Thing {n};1.50\n" for n in range(40))
    made = proposed(tmp_path, files).mapping.files
    assert {name: list(made[name].tables) for name in ("receipts_issued.csv", "sales_T1.csv", "sales_T2.csv")} == {
        "receipts_issued.csv": ["sale_documents"],
        "sales_T1.csv": ["sales"],
        "sales_T2.csv": ["sales"],
    }
    tickets = made["receipts_issued.csv"].tables["sale_documents"].columns
    assert (tickets["ts"].column, tickets["tendered_at"].column) == ("Opened At", "Paid At")
