"""Lists of other systems as people export them: which table they are, and neighbours that are another one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_validation.mapping import TableMapping

from .test_proposal import cell, proposed, topics


def csv(header: str, rows: Sequence[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def columns(part: TableMapping) -> Mapping[str, str]:
    return {name: cell.column for name, cell in part.columns.items()}


CARD = "Fecha,Documento,Articulo,Almacen,Entradas,Salidas,Saldo"


def test_a_stock_card_is_a_ledger_of_both_its_columns(tmp_path: Path) -> None:
    rows = [
        f"2026-05-{at + 1:02d},V{at // 3},A{at % 4},W1,{0 if at % 2 else 9},{4 if at % 2 else 0},{at}"
        for at in range(20)
    ]
    made = proposed(tmp_path, {"card.csv": csv(CARD, rows)})
    qty = cell(made, "card.csv", "movements", "qty")
    assert (qty.column, qty.out) == ("Entradas", "Salidas")
    assert "sign" not in topics(made)
    # A voucher of several lines is what they refer to, and numbers no movement.
    assert columns(made.mapping.files["card.csv"].tables["movements"])["ref_id"] == "Documento"
    # Where both stand on one row it is a summary of a day, and none of the two is a movement.
    both = [f"2026-05-{at + 1:02d},V{at},A{at % 4},W1,9,4,{at}" for at in range(20)]
    with pytest.raises(Invalid, match="No file is a table"):
        proposed(tmp_path / "both", {"card.csv": csv(CARD, both)})


def test_a_number_that_rows_share_is_no_key_of_a_ledger(tmp_path: Path) -> None:
    head = "Material Document,Posting Date,Material,Plant,Movement Type,Quantity"
    shared = [f"{4900 + at // 3},2026-05-{at + 1:02d},M{at % 4},1000,101,{5 + at}" for at in range(24)]
    ledger = columns(proposed(tmp_path, {"list.csv": csv(head, shared)}).mapping.files["list.csv"].tables["movements"])
    assert ledger["ref_id"] == "Material Document"
    assert ledger["ts"] == "Posting Date", "the only date of a ledger is when stock moved"
    assert "movement" not in ledger
    twice = [f"{4900 + at},2026-05-{at + 1:02d},M{at % 4},1000,101,{5 + at}" for at in range(24)]
    entered = csv(head, [*twice, twice[3], twice[7]])
    ledger = columns(proposed(tmp_path / "own", {"list.csv": entered}).mapping.files["list.csv"].tables["movements"])
    assert ledger["movement"] == "Material Document", "some entered twice are a fault of the books"


WIDE = "Row ID,Order ID,Order Date,Customer ID,Customer Name,City,Postal Code,Product ID,Sales,Quantity"


def test_what_describes_a_customer_makes_no_list_of_customers(tmp_path: Path) -> None:
    rows = [
        f"{at},O{at // 2},2026-05-{at + 1:02d},C{at % 5},Ann {at % 5},Rome,00{at % 5}18,P{at % 3},{7 + at}.5,{at % 4}"
        for at in range(24)
    ]
    made = proposed(tmp_path, {"export.csv": csv(WIDE, rows)})
    sales = columns(made.mapping.files["export.csv"].tables["sales"])
    assert {
        "document": "Order ID",
        "line": "Row ID",
        "product": "Product ID",
        "line_total": "Sales",
    }.items() <= sales.items()
    once = [f"C{at},Ann {at},Rome,00{at}18" for at in range(24)]
    made = proposed(tmp_path / "list", {"export.csv": csv("Customer ID,Customer Name,City,Postal Code", once)})
    assert list(made.mapping.files["export.csv"].tables) == ["customers"]


def test_a_name_stands_for_a_code_that_is_not_there(tmp_path: Path) -> None:
    rows = [f"City Paving,I{at},{20 + at}.50,2026-05-{at + 1:02d},Streets" for at in range(20)]
    made = proposed(tmp_path, {"paid.csv": csv("Vendor Name,Invoice Number,Amount,Payment Date,Department", rows)})
    assert cell(made, "paid.csv", "payments", "supplier").column == "Vendor Name"
    coded = csv(
        "Vendor,Vendor Name,Invoice Number,Amount,Payment Date", [f"V{at % 3},{row}" for at, row in enumerate(rows)]
    )
    made = proposed(tmp_path / "code", {"paid.csv": coded.replace(",Streets", "")})
    assert cell(made, "paid.csv", "payments", "supplier").column == "Vendor"


def test_an_opening_stock_is_of_the_evening_before(tmp_path: Path) -> None:
    moved = csv(
        "Transaction No,Date,Item Code,Warehouse,Type,Qty",
        [f"{at},2026-05-{at + 3:02d},P{at},W1,IN,3" for at in range(20)],
    )
    stock = [f"P{at},Pen {at},W1,{at},1.50" for at in range(20)]
    files = {"opening_stock.csv": csv("Item Code,Item Name,Warehouse,Opening Qty,Rate", stock), "moves.csv": moved}
    made = proposed(tmp_path, files)
    part = made.mapping.files["opening_stock.csv"].tables["inventory"]
    assert part.constants["snapshot_date"] == "2026-05-02"
    assert "snapshot_date" in topics(made)
    assert cell(made, "opening_stock.csv", "products", "product").column == "Item Code", "it names all that moved"
    files["moves.csv"] = moved.replace("P7,", "P77,")
    assert "products" not in proposed(tmp_path / "more", files).mapping.files["opening_stock.csv"].tables


def test_two_lists_of_stock_keep_the_day_of_their_rows(tmp_path: Path) -> None:
    lists = {
        f"{name}.csv": csv(
            f"Item,Store,Description,onHand,Price,{name}Date",
            [f"P{at},{at % 3},Pen {at},{at},2.50,{day}" for at in range(40)],
        )
        for name, day in (("start", "2025-01-01"), ("end", "2025-12-31"))
    }
    made = proposed(tmp_path, lists)
    for name in ("start", "end"):
        assert cell(made, f"{name}.csv", "inventory", "snapshot_date").column == f"{name}Date"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("date,type,locale,locale_name,description", "2026-05-{n:02d},Holiday,National,Ecuador,Feast {n}"),
        ("date,store_nbr,transactions", "2026-05-01,{n},{m}"),
        (
            "Brand,Description,Price,Size,Volume,PurchasePrice,VendorNumber,VendorName",
            "{n},Gin {n},9.50,750mL,750,6.50,3,Ann",
        ),
    ],
    ids=["holidays", "how many tickets", "prices"],
)
def test_what_is_no_table_of_the_books_is_asked(tmp_path: Path, header: str, row: str) -> None:
    rows = [row.format(n=at + 1, m=900 + at % 9) for at in range(25)]
    with pytest.raises(Invalid, match="No file is a table"):
        proposed(tmp_path, {"other.csv": csv(header, rows)})


def test_an_amount_with_tax_is_none_of_a_line_before_tax(tmp_path: Path) -> None:
    lines = [(f"T{at}", 2 + at % 4, 10 + at) for at in range(20)]
    rows = [f"{t},2026-05-0{q},A1,{q},{p}.00,{q * p * 105 / 100},{q * p}.00" for t, q, p in lines]
    head = "Invoice ID,Date,Item,Quantity,Unit price,Total,cogs"
    sales = columns(proposed(tmp_path, {"sales.csv": csv(head, rows)}).mapping.files["sales.csv"].tables["sales"])
    assert sales["line_total"] == "cogs"
    assert "unit_cost" not in sales
    less = [f"{t},2026-05-0{q},A1,{q},{p}.00,{q * p * 90 / 100},{q * p}.00" for t, q, p in lines]
    head = head.replace("Total,cogs", "Net,Gross")
    sales = columns(
        proposed(tmp_path / "net", {"sales.csv": csv(head, less)}).mapping.files["sales.csv"].tables["sales"]
    )
    assert sales["line_total"] == "Net", "what is less bears a discount"
