"""A proposal decides what the cells prove, keeps what they leave open as a question, and reads back as it was meant."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile, Job
from perito_rules.canonical import load_canonical
from perito_validation.compute import PREVIEW, PROPOSED, propose
from perito_validation.database import open_database
from perito_validation.mapping import Cell, parse_mapping
from perito_validation.proposal import propose as proposal
from perito_validation.proposal.assignment import best_pairs
from perito_validation.proposal.headers import name_matches
from perito_validation.proposal.propose import Proposal
from perito_validation.proposal.spelling import flow
from perito_validation.proposal.words import currency_of, vocabulary
from perito_validation.reader import read_files

from .desk import make_job, silent

TABLES = {name: table.columns for name, table in load_canonical().items()}


def proposed(folder: Path, files: Mapping[str, str]) -> Proposal:
    folder.mkdir(parents=True, exist_ok=True)
    inputs: list[InputFile] = []
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        data = text.encode()
        inputs.append(InputFile(name, str(folder / name), hashlib.sha256(data).hexdigest(), len(data)))
    job = Job("validation", "", inputs, "", [], {}, str(folder / "out"), str(folder / "scratch"), 2, 1 << 30)
    with open_database(job) as con:
        reading = read_files(con, inputs, None, folder / "scratch", silent)
        return proposal.propose(con, reading.sources)


def cell(made: Proposal, file: str, table: str, column: str) -> Cell:
    return made.mapping.files[file].tables[table].columns[column]


def topics(made: Proposal) -> list[str]:
    return sorted(question.topic for question in made.questions)


def sales(dates: list[str], prices: list[str] | None = None) -> str:
    prices = prices or ["1.50"] * len(dates)
    rows = [f"T{i};{day};A{i % 3};{i + 1};{price}" for i, (day, price) in enumerate(zip(dates, prices, strict=True))]
    return "\n".join(["Ticket;Date;Item;Qty;Price EUR", *rows]) + "\n"


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (["13/02/2026", "01/03/2026", "02/03/2026"], "%d/%m/%Y"),
        (["02/13/2026", "03/01/2026", "03/02/2026"], "%m/%d/%Y"),
        (["13.02.26 10:30", "14.02.26 09:00", "15.02.26 11:00"], "%d.%m.%y %H:%M"),
        (["01-Jul-24", "02-Jul-24", "03-Aug-24"], "%d-%b-%y"),
        (["2/13/2026 9:05 AM", "2/14/2026 1:10 PM", "3/1/2026 2:00 PM"], "%m/%d/%Y %I:%M %p"),
        (["20260213", "20260214", "20260301"], "%Y%m%d"),
        (["2026-02-13", "2026-02-14", "2026-03-01"], None),
        (["2026-02-13T10:00:00Z", "2026-02-14T10:00:00Z", "2026-03-01T10:00:00Z"], None),
    ],
)
def test_dates_are_read_as_they_are_written(dates: list[str], form: str | None, tmp_path: Path) -> None:
    made = proposed(tmp_path, {"sales.csv": sales(dates)})
    assert cell(made, "sales.csv", "sales", "ts").format == form
    assert topics(made) == []


def test_two_ways_of_writing_dates_are_both_listed(tmp_path: Path) -> None:
    made = proposed(tmp_path, {"sales.csv": sales(["13/02/2026", "14/02/2026", "2026-02-15"])})
    assert cell(made, "sales.csv", "sales", "ts").formats == ("%d/%m/%Y", "%Y-%m-%d")


def test_an_open_order_of_day_and_month_is_asked(tmp_path: Path) -> None:
    made = proposed(tmp_path, {"sales.csv": sales(["01/02/2026", "03/04/2026", "05/06/2026"])})
    (question,) = made.questions
    assert question.topic == "date_order"
    assert question.add_yaml == '# files > sales.csv > tables\nts: {column: Date, format: "%m/%d/%Y"}'
    (placed,) = [place for place in made.placements if place.column == "ts"]
    assert placed.confidence is not None
    assert placed.confidence < 0.8


@pytest.mark.parametrize(
    ("prices", "marks"),
    [
        (["1.041,10", "3,25", "2,00"], (",", ".")),
        (["1,041.10", "3.25", "2.00"], (".", ",")),
        (["1.041.100", "2.000.000", "3.000.000"], (",", ".")),
        (["1 041,10", "3,25", "2,00"], (",", " ")),
        (["0.125", "0.250", "1.5"], (".", "")),
        (["1.041", "325", "20"], (",", ".")),
        (["12", "7", "30"], (".", "")),
    ],
)
def test_marks_of_numbers_are_decided(prices: list[str], marks: tuple[str, str], tmp_path: Path) -> None:
    made = proposed(tmp_path, {"sales.csv": sales(["2026-02-13", "2026-02-14", "2026-02-15"], prices)})
    price = cell(made, "sales.csv", "sales", "unit_price")
    assert (price.decimal, price.thousands) == marks
    assert topics(made) == []


def test_a_mark_that_could_be_either_is_asked(tmp_path: Path) -> None:
    made = proposed(
        tmp_path, {"sales.csv": sales(["2026-02-13", "2026-02-14", "2026-02-15"], ["1,250", "2,375", "4,500"])}
    )
    assert topics(made) == ["number_marks"]
    prices = ["1,250", "2,375", "4500", "300", "200"]
    days = [f"2026-02-{day}" for day in range(13, 18)]
    assert topics(proposed(tmp_path / "thousands", {"sales.csv": sales(days, prices)})) == ["number_marks"]


def test_the_type_of_a_movement_gives_its_sign(tmp_path: Path) -> None:
    text = "ID,Date,Type,SKU,Qty\n1,2026-01-01,receipt,A,5\n2,2026-01-02,sale,A,3\n3,2026-01-03,Salida por venta,A,1\n"
    made = proposed(tmp_path, {"movements.csv": text})
    assert cell(made, "movements.csv", "movements", "qty").sign == "by_type"
    assert cell(made, "movements.csv", "movements", "type").values == {"Salida por venta": "sale"}
    signed = proposed(tmp_path / "signed", {"movements.csv": text.replace("A,3", "A,-3")})
    assert cell(signed, "movements.csv", "movements", "qty").sign is None


def test_unknown_words_are_asked(tmp_path: Path) -> None:
    text = "ID,Date,Type,SKU,Qty\n1,2026-01-01,receipt,A,5\n2,2026-01-02,Q7,A,-3\n3,2026-01-03,sale,A,-1\n"
    made = proposed(tmp_path, {"movements.csv": text})
    (question,) = [question for question in made.questions if question.topic == "words"]
    assert "Q7" in question.text.english
    assert 'Q7: "?"' in question.add_yaml


def test_ledgers_without_type_or_sign_are_asked(tmp_path: Path) -> None:
    text = "Movement ID,Movement Date,SKU,Warehouse,Qty\n1,2026-01-01,A,W,5\n2,2026-01-02,A,W,3\n3,2026-01-03,B,W,1\n"
    assert "sign" in topics(proposed(tmp_path, {"stock_movements.csv": text}))


def test_codes_take_the_form_of_the_master(tmp_path: Path) -> None:
    master = "SKU,Name,Cost\n" + "".join(f"AB-{i},Thing {i},2\n" for i in range(1, 9))
    lower = "Ticket,Date,SKU,Qty\n" + "".join(f"{i},2026-01-0{i},ab-{i},1\n" for i in range(1, 9))
    made = proposed(tmp_path, {"products.csv": master, "sales.csv": lower})
    assert cell(made, "sales.csv", "sales", "product").normalise == ("trim", "upper")
    same = proposed(tmp_path / "same", {"products.csv": master, "sales.csv": lower.replace("ab-", "AB-")})
    assert cell(same, "sales.csv", "sales", "product").normalise == ()


def test_units_are_converted_where_products_come_in_several(tmp_path: Path) -> None:
    master = "SKU,Name,Cost,Units per carton\nA,Tea,2,12\nB,Rice,3,6\n"
    rows = "Ticket,Date,SKU,Qty,UOM,Price,Total\n1,2026-01-01,A,2,CARTON,24,48\n2,2026-01-01,A,5,EACH,2,10\n"
    rows += "3,2026-01-02,B,1,CARTON,18,18\n4,2026-01-02,B,2,PALLET,900,1800\n"
    made = proposed(tmp_path, {"products.csv": master, "sales.csv": rows})
    qty = cell(made, "sales.csv", "sales", "qty")
    assert qty.unit is not None
    assert sorted(qty.unit.factors) == ["CARTON", "EACH"]
    assert cell(made, "sales.csv", "sales", "unit_price").per_unit
    assert "PALLET" in next(q.text.english for q in made.questions if q.topic == "units")
    each = proposed(
        tmp_path / "each",
        {"products.csv": master, "sales.csv": rows.replace("CARTON", "EACH").replace("PALLET", "EACH")},
    )
    assert cell(each, "sales.csv", "sales", "qty").unit is None


def test_a_place_in_a_file_name_is_proposed_or_asked(tmp_path: Path) -> None:
    stores = "Store ID,Store Name,City\nS1,Harbour,Cork\nS2,Mill Street,Cork\n"
    rows = sales(["2026-02-13", "2026-02-14", "2026-02-15"])
    made = proposed(tmp_path, {"stores.csv": stores, "sales_mill_street.csv": rows, "sales_march.csv": rows})
    assert made.mapping.files["sales_mill_street.csv"].tables["sales"].constants["location"] == "S2"
    assert "location" not in made.mapping.files["sales_march.csv"].tables["sales"].constants
    (question,) = [question for question in made.questions if question.topic == "location"]
    assert "sales_march.csv" in question.text.english


def test_a_list_of_two_kinds_of_rows_feeds_two_tables(tmp_path: Path) -> None:
    rows = '[{"id": "1", "sku": "A", "quantity": 4, "type": "sale", "date": "2026-01-02"},'
    rows += '{"id": "2", "provider": "P1", "amount": 90.5, "date": "2026-01-03"}]'
    made = proposed(tmp_path, {"transactions.json": rows, "inventory.json": '{"A": 7, "B": 9}'})
    tables = made.mapping.files["transactions.json"].tables
    assert tables["movements"].skip_when_blank == "type"
    assert tables["purchases"].skip_when_blank == "provider"
    assert {name: c.column for name, c in tables["purchases"].columns.items()}["line_total"] == "amount"
    stock = made.mapping.files["inventory.json"].tables["inventory"]
    assert {name: c.column for name, c in stock.columns.items()} == {"product": "key", "qty": "value"}
    assert stock.constants["snapshot_date"] == "2026-01-03"


@pytest.mark.parametrize(
    ("member", "row", "tables"),
    [
        ("inventory", '"sku": "A", "qty": 1, "note": "x"', {"inventory"}),
        (
            "inventory",
            '"sku": "A", "quantity": 1, "name": "x", "price": 2.5, "date": "2026-01-02"',
            {"inventory"},
        ),
        ("transactions", '"id": "T1", "amount": 10.5, "provider": "P1", "date": "2026-01-02"', {"purchases"}),
        ("transactions", '"id": "T1", "amount": 10.5, "provider": "P1", "type": "purchase"', {"purchases"}),
        ("transactions", '"amount": 10.5, "provider": "P1"', {"purchases"}),
        ("transactions", '"sku": "A", "quantity": 2, "type": "sale", "price": 3, "customer": "C"', {"movements"}),
        ("providers", '"id": "P1", "name": "x", "amount": 3, "date": "2026-01-02"', {"suppliers"}),
    ],
)
def test_members_of_a_json_body_are_what_they_are_agreed_to_be(
    member: str, row: str, tables: set[str], tmp_path: Path
) -> None:
    made = proposed(tmp_path, {f"{member}.json": f"[{{{row}}}, {{{row.replace('1', '2')}}}]"})
    assert set(made.mapping.files[f"{member}.json"].tables) == tables


def test_the_number_of_a_purchase_is_no_product(tmp_path: Path) -> None:
    row = '{"id": "I%s", "date": "2026-07-0%s", "amount": 100, "provider": "P%s", "type": "purchase"}'
    rows = ", ".join(row % (i, i, i % 3) for i in range(1, 10))
    made = proposed(tmp_path, {"transactions.json": f"[{rows}]"})
    columns = made.mapping.files["transactions.json"].tables["purchases"].columns
    assert "product" not in columns
    assert columns["document"].column == "id"


def test_an_inventory_by_code_with_names_is_no_list_of_sales(tmp_path: Path) -> None:
    made = proposed(
        tmp_path, {"inventory.json": '{"A": {"quantity": 1, "name": "x"}, "B": {"quantity": 2, "name": "y"}}'}
    )
    assert "inventory" in made.mapping.files["inventory.json"].tables
    assert "sales" not in made.mapping.files["inventory.json"].tables


def test_cells_that_do_not_suit_a_known_header_are_named_where_nothing_could_be_read(tmp_path: Path) -> None:
    row = '{"id": "%s", "sku": "A", "quantity": "%s", "type": "sale"}'
    with pytest.raises(Invalid, match=r"transactions\.json: most cells of quantity are no quantity") as caught:
        proposed(tmp_path, {"transactions.json": f"[{row % (1, '1e3')}, {row % (2, 'x')}]"})
    assert caught.value.reason == "PROPOSAL_NO_TABLE"


def test_sales_in_a_list_that_names_suppliers_are_no_purchases(tmp_path: Path) -> None:
    row = '{"id": "%s", "sku": "A", "quantity": 4, "type": "%s", "amount": 9, "provider": "P1", "date": "2026-01-02"}'
    rows = ", ".join(row % (i, kind) for i, kind in enumerate(["Sale", "receipt", "sale", "adjustment", "compra"]))
    both = proposed(tmp_path / "1", {"transactions.json": f"[{rows}]"})
    tables = parse_mapping(both.to_yaml(), TABLES).files["transactions.json"].tables
    assert tables["purchases"].skip_words == {"type": ("Sale", "adjustment")}
    assert not tables["movements"].skip_words
    none = proposed(tmp_path / "2", {"transactions.json": f"[{row % (1, 'sale')}, {row % (2, 'count')}]"})
    assert set(none.mapping.files["transactions.json"].tables) == {"movements"}


def test_files_that_are_no_table_are_refused_with_their_headers(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        proposed(tmp_path, {"poem.csv": "rose,violet\nred,blue\n"})
    assert caught.value.reason == "PROPOSAL_NO_TABLE"
    assert "rose, violet" in caught.value.message


def test_a_zone_that_nobody_stated_is_no_word_of_the_mapping(tmp_path: Path) -> None:
    made = proposed(tmp_path, {"sales.csv": sales(["2026-01-31"])})
    assert "timezone" not in made.mapping.model_fields_set
    assert "# timezone: UTC  # the default: nobody stated one\n" in made.to_yaml()
    assert parse_mapping(made.to_yaml(), TABLES).model_fields_set == made.mapping.model_fields_set


def test_a_preview_leaves_the_mapping_and_what_is_said_about_it(tmp_path: Path) -> None:
    job = make_job(tmp_path, {"sales.csv": sales(["2026-02-13", "2026-02-14"])}, "")
    outcome = propose(job, silent)
    assert [file.name for file in outcome.artifacts] == [PROPOSED, PREVIEW]
    text = (Path(job.out) / PROPOSED).read_text("utf-8")
    assert parse_mapping(text, TABLES).currency == "EUR"
    targets = json.loads((Path(job.out) / PREVIEW).read_bytes())["targets"]
    named = {(each["table_name"], each["column_name"]): each for each in targets}
    assert named.keys() == {(table, column) for table, columns in TABLES.items() for column in columns}
    assert named["sales", "product"]["meaning"]
    assert named["products", "product"]["required"] is True
    assert named["products", "name"]["required"] is False
    assert (
        propose(
            make_job(tmp_path / "again", {"sales.csv": sales(["2026-02-13", "2026-02-14"])}, ""), silent
        ).content_digest
        == outcome.content_digest
    )


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("CantRecibida", ("receipts", "qty")),
        ("fechapedido", ("purchases", "ordered_at")),
        ("QtyOrdred", ("purchases", "qty")),
        ("P.O. No.", ("purchases", "document")),
        ("Cód. Prov.", ("purchases", "supplier")),
        ("VENDORACCOUNTNUMBER", ("suppliers", "supplier")),
        ("Unit Cost (EUR)", ("products", "unit_cost")),
    ],
)
def test_headers_are_understood_by_their_words(header: str, place: tuple[str, str]) -> None:
    assert name_matches(header)[place].score >= 0.75


def test_nothing_is_read_into_a_header_that_says_nothing() -> None:
    assert name_matches("Zweck") == {}
    assert name_matches("") == {}


def test_currencies_stand_in_words_of_their_own() -> None:
    assert [currency_of(text) for text in ("UnitCostNGN", "Importe (€)", "Price", "VND No", "Euros")] == [
        "NGN",
        "EUR",
        None,
        None,
        None,
    ]


def test_every_word_of_the_vocabulary_means_something_once() -> None:
    words = vocabulary()
    assert words.light <= {concept for meanings in words.concepts.values() for concept in meanings}
    assert all(concept in words.concepts for concepts in words.entities.values() for concept in concepts)
    assert words.entities.keys() <= load_canonical().keys()


@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=1, max_size=4))
def test_pairs_have_the_greatest_total(scores: list[list[int]]) -> None:
    pairs = best_pairs(scores)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert sum(scores[row][column] for row, column in pairs) == _greatest(scores, 0, frozenset())


def _greatest(scores: list[list[int]], row: int, taken: frozenset[int]) -> int:
    if row == len(scores):
        return 0
    free = [at for at in range(3) if at not in taken]
    ways = [scores[row][at] + _greatest(scores, row + 1, taken | {at}) for at in free]
    return max([_greatest(scores, row + 1, taken), *ways])


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=4))
def test_any_text_is_spelt_so_that_it_reads_back(values: dict[str, str]) -> None:
    assert yaml.safe_load(flow(values)) == values


def test_columns_that_no_mapping_can_name_leave_the_others_where_they_are(tmp_path: Path) -> None:
    text = "x\tx,SKU,Name,Cost\n1,A,Tea,2\n2,B,Rice,3\n"
    made = proposed(tmp_path, {"products.csv": text.replace("x\tx", "a" * 300)})
    columns = made.mapping.files["products.csv"].tables["products"].columns
    assert {name: c.column for name, c in columns.items()} == {"product": "SKU", "name": "Name", "unit_cost": "Cost"}
    assert [place.status for place in made.placements].count("unplaced") == 1


def test_a_very_wide_file_is_looked_at_where_its_headers_say_something(tmp_path: Path) -> None:
    header = [*(f"z{i}" for i in range(1500)), "SKU", "Name", "Cost"]
    rows = [",".join(["1"] * 1500 + [code, "Tea", "2"]) for code in ("A", "B")]
    wide = "\n".join([",".join(header), *rows]) + "\n"
    made = proposed(tmp_path, {"wide.csv": wide, "sales.csv": sales(["2026-02-13", "2026-02-14"])})
    assert "wide.csv" not in made.mapping.files
    assert len([place for place in made.placements if place.file_id == 0]) == 1503
    assert "and 1403 more that feed nothing" in made.to_yaml()
    assert [question.topic for question in made.questions] == ["table"]


def test_a_reason_names_the_table_whose_keys_a_column_has(tmp_path: Path) -> None:
    orders = "PO_ID,Vendor_ID,Item_Code,PO_Qty,PO_Price,PO_Date\n"
    orders += "".join(f"PO{n},V{n % 3},A{n % 5},{n + 1},2.50,2025-01-{n + 1:02}\n" for n in range(20))
    receipts = "GR_ID,PO_ID,Vendor_ID,Item_Code,Received_Qty,GR_Date\n"
    receipts += "".join(f"GR{n},PO{n},V{n % 3},A{n % 5},{n + 1},2025-02-{n + 1:02}\n" for n in range(20))
    made = proposed(tmp_path, {"purchase_orders.csv": orders, "goods_receipts.csv": receipts})
    reason = next(p.reason for p in made.placements if p.table == "receipts" and p.source_column == "PO_ID")
    assert "100% of its values are keys of purchases." in reason.english
    assert "El 100% de sus valores son claves de compras." in reason.spanish
