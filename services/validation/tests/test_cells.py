"""A cell becomes the value it says, or is refused with its text kept; a repair is seen and counted."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid

from .desk import HEAD, Books, one_table, read


def numbers(folder: Path, cells: list[str], column: str = "unit_cost", options: str = "") -> list[tuple[Any, ...]]:
    """(value, source) of each cell, quoted as written, read into `products.<column>`."""
    text = "k|v\n" + "".join(f"{i}|{cell}\n" for i, cell in enumerate(cells))
    mapping = one_table("p.csv", "products", f"{{product: k, {column}: {{column: v{options}}}}}")
    return read(folder, {"p.csv": text}, mapping).ask(
        f"SELECT {column}, {column}_source FROM products ORDER BY _record"
    )


def test_plain_numbers_stand_as_read(tmp_path: Path) -> None:
    cells = ["12", "-3.5", "+4", "007", "0.0001", "", "  ", ".5"]
    values = [Decimal(12), Decimal("-3.5"), Decimal(4), Decimal(7), Decimal("0.0001"), None, None, Decimal("0.5")]
    got = numbers(tmp_path, cells)
    assert [value for value, _ in got] == values
    assert [source for _, source in got] == [*[None] * 7, ".5"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1e3", "exponent"),
        ("-1.5E+20", "exponent"),
        ("nan", "not_finite"),
        ("-Infinity", "not_finite"),
        ("1_000", "not_a_number"),
        ("1,000", "digit_groups"),
        ("€ 1.234,50", "digit_groups"),
        ("1.2.3", "not_a_number"),
        ("- 5", "not_a_number"),
        ("(5", "not_a_number"),
        ("-(5)", "not_a_number"),
        ("(-5)", "not_a_number"),
        ("-5-", "not_a_number"),
        ("5 pcs", "not_a_number"),
        ("5%", "not_a_number"),
        ("$5", "other_currency"),
        ("USD (1.50)", "other_currency"),
        ("99999999999999999", "out_of_range"),
    ],
)
def test_what_a_cast_would_take_or_guess_is_refused(tmp_path: Path, cell: str, reason: str) -> None:
    assert numbers(tmp_path, [cell]) == [(None, cell)]
    assert refused(tmp_path / "why", cell) == reason


def test_exponents_as_programs_and_spreadsheets_print_them(tmp_path: Path) -> None:
    cells = ["9.99e-05", "1.5E+03", "-2e-16", " 7e+00 ", "0.00012", "5"]
    got = numbers(tmp_path, cells)
    assert [value for value, _ in got] == [Decimal("0.0001"), 1500, 0, 7, Decimal("0.0001"), 5]
    assert [source for _, source in got] == [*cells[:5], None]


def refused(folder: Path, cell: str) -> str:
    mapping = one_table("p.csv", "products", "{product: k, unit_cost: v}")
    (reason,) = read(folder, {"p.csv": f"k|v\n1|{cell}\n"}, mapping).column("SELECT reason FROM rejected_cells")
    return str(reason)


def test_marks_of_the_books_currency_and_ledger_minuses_are_read_and_logged(tmp_path: Path) -> None:
    forms = {
        "€5": 5,
        "-€5": -5,
        "€ -5.25": Decimal("-5.25"),
        "5 EUR": 5,
        "eur 5": 5,
        "(5)": -5,
        "(€ 5)": -5,
        "€(5)": -5,
        "(5) €": -5,
        "5-": -5,
        "\u22125": -5,
        "1,234.50 €": Decimal("1234.5"),
        "(1,234.50)": Decimal("-1234.5"),
        "€0": 0,
    }
    assert numbers(tmp_path, list(forms), options=', thousands: ","') == [
        (value, text) for text, value in forms.items()
    ]
    text = "k|v\n" + "".join(f"{i}|{cell}\n" for i, cell in enumerate(forms))
    mapping = one_table("p.csv", "products", '{product: k, unit_cost: {column: v, thousands: ","}}')
    log = read(tmp_path / "log", {"p.csv": text}, mapping).log("unit_cost")
    assert log == {"currency_mark": 10, "negative_form": 7, "thousands_separator": 2}


def test_spanish_and_french_amounts_with_marks(tmp_path: Path) -> None:
    spanish = numbers(tmp_path / "1", ["1.234,56 €", "-€1,5", "(7)"], options=", decimal: ',', thousands: '.'")
    assert [value for value, _ in spanish] == [Decimal("1234.56"), Decimal("-1.5"), Decimal(-7)]
    french = numbers(tmp_path / "2", ["1 234,56 €", "1\u202f234,5-"], options=", decimal: ',', thousands: ' '")
    assert [value for value, _ in french] == [Decimal("1234.56"), Decimal("-1234.5")]


@pytest.mark.parametrize(
    ("currency", "read_as", "refused_cell"),
    [
        ("USD", "US$1,234.50", "€5"),
        ("MXN", "$1,234.50", "£5"),
        ("NGN", "₦1,234.50", "$5"),
        ("XXX", "£1,234.50", "5 PCS"),
    ],
)
def test_a_mark_must_be_one_of_the_books_currency(
    tmp_path: Path, currency: str, read_as: str, refused_cell: str
) -> None:
    mapping = one_table("p.csv", "products", '{product: k, unit_cost: {column: v, thousands: ","}}')
    text = f"k|v\n1|{read_as}\n2|{refused_cell}\n"
    books = read(tmp_path, {"p.csv": text}, mapping.replace("EUR", currency))
    assert books.column("SELECT unit_cost FROM products ORDER BY _record") == [Decimal("1234.5"), None]


def test_a_quantity_has_no_currency(tmp_path: Path) -> None:
    assert numbers(tmp_path, ["€5", "(5)", "5-"], "reorder_point") == [(None, "€5"), (Decimal(-5), "(5)"), (-5, "5-")]


def test_percentages_are_shares_where_a_share_is_meant(tmp_path: Path) -> None:
    mapping = one_table("s.csv", "sales", "{document: k, discount: {column: v, decimal: ','}}")
    cells = ["15%", "0,15", "7,5 %", "-3%", "100%", "%"]
    books = read(tmp_path, {"s.csv": "k|v\n" + "".join(f"{i}|{c}\n" for i, c in enumerate(cells))}, mapping)
    expected = ["0.15", "0.15", "0.075", "-0.03", "1"]
    assert books.column("SELECT discount FROM sales ORDER BY _record") == [*map(Decimal, expected), None]
    assert books.log("discount") == {"percent": 4}


BY_TYPE = (
    "{movement: k, type: t, qty: {column: q, sign: by_type}, value_delta: {column: v, sign: by_type, decimal: ','}}"
)


def test_the_type_of_a_movement_gives_its_magnitude_a_sign(tmp_path: Path) -> None:
    rows = [
        ("receipt", "5", Decimal(5), None),
        ("venta", "5", Decimal(-5), "5"),
        ("WASTE", "(2)", Decimal(2), "(2)"),
        ("sale", "0", Decimal(0), None),
        ("transfer_in", "3", Decimal(3), None),
        ("transfer_out", "3", Decimal(-3), "3"),
        ("vendor_return", "1", Decimal(-1), "1"),
        ("return", "4", Decimal(4), None),
        ("adjustment", "-6", Decimal(-6), None),
        ("count", "7", Decimal(7), None),
        ("nonsense", "8", None, "8"),
        ("", "9", None, "9"),
    ]
    text = "k|t|q|v\n" + "".join(f"{i}|{kind}|{cell}|{cell}\n" for i, (kind, cell, _, _) in enumerate(rows))
    books = read(tmp_path, {"m.csv": text}, one_table("m.csv", "movements", BY_TYPE))
    assert books.ask("SELECT qty, qty_source FROM movements ORDER BY _record") == [(v, s) for _, _, v, s in rows]
    assert books.column("SELECT value_delta FROM movements ORDER BY _record") == [v for _, _, v, _ in rows]
    assert books.log("qty") == {"sign": 4, "negative_form": 1}
    reasons = "SELECT DISTINCT reason FROM rejected_cells WHERE column_name = 'qty'"
    assert books.column(reasons) == ["no_type_or_out_of_range"]


def test_a_constant_type_gives_the_sign_too(tmp_path: Path) -> None:
    mapping = one_table(
        "m.csv", "movements", "{movement: k, qty: {column: q, sign: by_type}}", "        constants: {type: sale}\n"
    )
    assert read(tmp_path, {"m.csv": "k,q\n1,5\n"}, mapping).column("SELECT qty FROM movements") == [Decimal(-5)]


@pytest.mark.parametrize(
    ("table", "columns", "says"),
    [
        ("movements", "{movement: k, qty: {column: q, sign: by_type}}", "Map the column type"),
        ("sales", "{document: k, type: t, qty: {column: q, sign: by_type}}", "sign does not belong"),
        ("movements", "{movement: k, type: t, qty: {column: q, sign: by_type, negate: true}}", "keep one"),
        ("movements", "{movement: k, qty: {column: q, sign: by_weight}}", "by_type"),
        ("movements", "{movement: k, qty: {column: q, out: t, negate: true}}", "leave negate"),
        ("sales", "{document: k, qty: {column: q, out: t}}", "out does not belong"),
        ("movements", "{movement: k, qty: {column: q, out: gone}}", "no column 'gone'"),
    ],
)
def test_a_sign_that_cannot_be_decided_is_refused(tmp_path: Path, table: str, columns: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read(tmp_path, {"m.csv": "k,t,q\n1,sale,5\n"}, one_table("m.csv", table, columns))


def test_lost_digits_are_rounding_and_the_text_is_kept(tmp_path: Path) -> None:
    cells = ["189957.59999999998", "1.00005", "-1.00005", " 5 "]
    expected = [Decimal("189957.6"), Decimal("1.0001"), Decimal("-1.0001"), Decimal(5)]
    assert numbers(tmp_path, cells) == list(zip(expected, cells, strict=True))


def test_thousands_and_decimal_marks(tmp_path: Path) -> None:
    comma = numbers(tmp_path / "1", ["4,490", "1,234,567.5", "12,34", "99"], options=', thousands: ","')
    assert comma == [
        (Decimal(4490), "4,490"),
        (Decimal("1234567.5"), "1,234,567.5"),
        (None, "12,34"),
        (Decimal(99), None),
    ]
    spanish = numbers(tmp_path / "2", ["1.234,5", "1.234", "12,5", "1,5e3"], options=", decimal: ',', thousands: '.'")
    assert spanish == [
        (Decimal("1234.5"), "1.234,5"),
        (Decimal(1234), "1.234"),
        (Decimal("12.5"), None),
        (None, "1,5e3"),
    ]
    french = numbers(tmp_path / "3", ["1\u202f234,5", "1 234"], options=", decimal: ',', thousands: ' '")
    assert [value for value, _ in french] == [Decimal("1234.5"), Decimal(1234)]


def test_signs_are_turned_when_the_mapping_says_so(tmp_path: Path) -> None:
    assert numbers(tmp_path, ["5", "-2", "0", "x"], options=", negate: true") == [
        (Decimal(-5), "5"),
        (Decimal(2), "-2"),
        (Decimal(0), None),
        (None, "x"),
    ]


def test_what_came_in_and_what_went_out_are_one_signed_quantity(tmp_path: Path) -> None:
    mapping = one_table("m.csv", "movements", "{movement: k, qty: {column: i, out: o}}")
    rows = ["1,5,0", "2,,3", "3,0,-4", "4,2,1", "5,0,0", "6,,", "7,x,", "8,,2.5-"]
    made = read(tmp_path, {"m.csv": "\n".join(["k,i,o", *rows])}, mapping)
    quantities = made.column("SELECT qty FROM movements ORDER BY movement")
    assert quantities == [5, -3, -4, None, 0, None, None, Decimal("-2.5")]
    # Both at once say neither: the cell is refused, with both in it.
    assert made.column("SELECT value FROM rejected_cells ORDER BY record") == ["2 / 1", "x"]
    assert made.column("SELECT source_column FROM source_columns WHERE mapped ORDER BY position") == ["k", "i", "o"]


def test_whole_numbers_lose_nothing_in_silence(tmp_path: Path) -> None:
    got = numbers(tmp_path, ["7", "7.0", "7.5", "1e3"], "shelf_life_days")
    assert got == [(7, None), (7, "7.0"), (None, "7.5"), (None, "1e3")]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.decimals(-(10**12), 10**12, allow_nan=False, places=7), min_size=1, max_size=20))
def test_a_number_is_rounded_half_away_from_zero_at_the_fourth_place(tmp_path: Path, values: list[Decimal]) -> None:
    got = numbers(tmp_path, [format(value, "f") for value in values])
    assert [value for value, _ in got] == [v.quantize(Decimal("0.0001"), ROUND_HALF_UP) for v in values]
    for value, (_, source) in zip(values, got, strict=True):
        assert source == format(value, "f")


def test_words_are_known_in_any_case_by_synonym_and_by_the_mapping(tmp_path: Path) -> None:
    text = "k,t\n1,RECEIPT\n2,Goods Receipt\n3,venta\n4,WE\n5,nonsense\n6,\n7,receipt\n"
    mapping = one_table("m.csv", "movements", "{movement: k, type: {column: t, values: {we: receipt}}}")
    books = read(tmp_path, {"m.csv": text}, mapping)
    assert books.ask("SELECT type, type_source FROM movements ORDER BY _record") == [
        ("receipt", "RECEIPT"),
        ("receipt", "Goods Receipt"),
        ("sale", "venta"),
        ("receipt", "WE"),
        (None, "nonsense"),
        (None, None),
        ("receipt", None),
    ]
    assert books.log("type") == {"enum": 4}
    assert books.ask("SELECT record, line, value, pattern, reason FROM rejected_cells") == [
        (5, 6, "nonsense", "a", "unknown_value")
    ]


def test_yes_and_no(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: k, active: a}")
    books = read(tmp_path, {"p.csv": "k,a\n1,Yes\n2,0\n3,Sí\n4,maybe\n"}, mapping)
    assert books.ask("SELECT active, active_source FROM products ORDER BY _record") == [
        (True, None),
        (False, None),
        (True, None),
        (None, "maybe"),
    ]


def test_keys_are_normalised_step_by_step_and_their_text_is_kept(tmp_path: Path) -> None:
    steps = "[trim, upper, nfkc, strip_leading_zeros]"
    mapping = one_table("p.csv", "products", f"{{product: {{column: k, normalise: {steps}}}, name: n}}")
    text = "k,n\n a-1 ,x  \n00042,y\n000,\nA-1,z\n\uff21\uff12,w\n"
    books = read(tmp_path, {"p.csv": text}, mapping)
    assert books.ask("SELECT product, product_source, name FROM products ORDER BY _record") == [
        ("A-1", " a-1 ", "x  "),
        ("42", "00042", "y"),
        ("0", "000", None),
        ("A-1", None, "z"),
        ("A2", "\uff21\uff12", "w"),
    ]
    assert books.log("product") == {"key_normalised": 4}


def test_keys_may_be_translated(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: k, category: {column: c, values: {Drinks: BEV}}}")
    books = read(tmp_path, {"p.csv": "k,c\n1,DRINKS\n2,Food\n"}, mapping)
    assert books.ask("SELECT category, category_source FROM products ORDER BY 1") == [("BEV", "DRINKS"), ("Food", None)]


CARTONS = (
    HEAD
    + """
  products.csv:
    tables:
      products:
        columns: {product: id, units_per_pack: pack}
  sales.csv:
    tables:
      sales:
        columns:
          document: doc
          product: {column: product, normalise: [upper]}
          qty: {column: qty, unit: {column: uom, factors:
            {EACH: 1, DOZEN: 12, CARTON: {table: products, column: units_per_pack, key: product}}}}
          unit_price: {column: price, per_unit: true}
        constants: {type: sale, line: "1"}
"""
)


def cartons(folder: Path, lines: str) -> Books:
    products = "id,pack\nA,24\nB,65\nC,\nD,10\nD,20\n"
    return read(folder, {"products.csv": products, "sales.csv": f"doc,product,qty,uom,price\n{lines}"}, CARTONS)


def test_cartons_become_whole_pieces_where_print_allows_it(tmp_path: Path) -> None:
    lines = (
        "1,a,0.21,CARTON,354480\n2,A,3,EACH,14770\n3,b,0.11,carton,65.5\n"
        "4,a,0.25,CARTON,24\n5,A,0.3301,CARTON,-10\n6,a,2,DOZEN,1\n"
    )
    books = cartons(tmp_path, lines)
    assert books.ask(
        "SELECT qty, qty_source, uom, uom_source, unit_price, unit_price_source FROM sales ORDER BY _record"
    ) == [
        (Decimal(5), "0.21", "EACH", "CARTON", Decimal(14770), "354480"),  # 5.04: half a printed decimal is 0.12
        (Decimal(3), None, "EACH", None, Decimal(14770), None),
        (Decimal(7), "0.11", "EACH", "carton", Decimal("1.0077"), "65.5"),  # 7.15 and 1.007692...
        (Decimal(6), "0.25", "EACH", "CARTON", Decimal(1), "24"),
        (Decimal("7.9224"), "0.3301", "EACH", "CARTON", Decimal("-0.4167"), "-10"),  # four decimals say more
        (Decimal(24), "2", "EACH", "DOZEN", Decimal("0.0833"), "1"),
    ]
    assert books.log("qty") == {"unit_conversion": 5, "rounded_to_unit": 2}
    assert books.log("unit_price") == {"unit_conversion": 5}
    example = books.ask("SELECT example_before, example_after FROM transformations WHERE kind = 'rounded_to_unit'")
    assert example == [("0.21", "5.0000")]


def test_a_unit_without_a_factor_makes_the_quantity_unknown(tmp_path: Path) -> None:
    books = cartons(
        tmp_path, "1,a,1,PALLET,1\n2,c,1,CARTON,1\n3,d,1,CARTON,1\n4,zz,1,CARTON,1\n5,a,1,,1\n6,a,1,EACH,1\n"
    )
    assert books.column("SELECT qty FROM sales ORDER BY _record") == [*[None] * 5, Decimal(1)]
    assert books.column("SELECT qty_source FROM sales ORDER BY _record") == [*["1"] * 5, None]
    reasons = "SELECT DISTINCT reason FROM rejected_cells WHERE column_name = 'qty'"
    assert books.column(reasons) == ["no_factor_or_out_of_range"]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.decimals(-(10**6), 10**6, places=4), st.sampled_from(["A", "B"])), min_size=1, max_size=9))
def test_a_price_is_divided_exactly(tmp_path: Path, prices: list[tuple[Decimal, str]]) -> None:
    factors = {"A": 24, "B": 65}
    books = cartons(tmp_path, "".join(f"{i},{p},1,CARTON,{price:f}\n" for i, (price, p) in enumerate(prices)))
    expected = [(price / factors[p]).quantize(Decimal("0.0001"), ROUND_HALF_UP) for price, p in prices]
    assert books.column("SELECT unit_price FROM sales ORDER BY _record") == expected


@pytest.mark.parametrize(
    ("old", "new", "reason", "says"),
    [
        ("product: id", "product: idd", "MAPPING_COLUMN_MISSING", "'idd'"),
        ("column: uom", "column: unit", "MAPPING_COLUMN_MISSING", "'unit'"),
        ("type: sale", "type: sail", "MAPPING_INVALID", "'sail' is no enum; it may be sale"),
        ("normalise: [upper]", "format: '%Y'", "MAPPING_INVALID", "format does not belong to a key"),
        ("units_per_pack: pack", "name: pack", "MAPPING_INVALID", "no file feeds products.units_per_pack"),
        ("  sales.csv", "  sails.csv", "MAPPING_FILE_MISSING", "'sails.csv'"),
    ],
)
def test_a_mapping_that_does_not_fit_the_files_is_refused(
    tmp_path: Path, old: str, new: str, reason: str, says: str
) -> None:
    assert old in CARTONS
    files = {"products.csv": "id,pack\nA,24\n", "sales.csv": "doc,product,qty,uom,price\n1,a,1,EACH,1\n"}
    with pytest.raises(Invalid) as caught:
        read(tmp_path, files, CARTONS.replace(old, new))
    assert caught.value.reason == reason
    assert says in caught.value.message


def test_a_header_that_stands_twice_is_numbered_and_told(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: b, name: b (2), brand: column 4}")
    books = read(tmp_path, {"p.csv": "a,b,b,\n1,2,3,4\n"}, mapping)
    assert books.ask("SELECT product, name, brand FROM products") == [("2", "3", "4")]
    told = "SELECT kind, cells, example_before, example_after FROM transformations WHERE table_name IS NULL ORDER BY 1"
    assert books.ask(told) == [("header_blank", 1, "", "column 4"), ("header_repeated", 1, "b", "b (2)")]
    assert books.column("SELECT header_json FROM files") == ['["a", "b", "b", ""]']
