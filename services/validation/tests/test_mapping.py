"""A mapping is understood whole or refused with its place and remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_validation.mapping import Lookup, parse_mapping

TABLES = {
    "sales": {"document", "ts", "product", "location", "qty", "unit_price", "type"},
    "products": {"product", "units_per_pack"},
}

IBADAN = """
version: 1
currency: NGN
timezone: Africa/Lagos
files:
  sales_ibadan.csv:
    tables:
      sales:
        columns:
          document: OrderID
          ts: {column: OrderDate, format: "%Y-%m-%d"}
          product: {column: ProductID, normalise: [trim, upper]}
          qty:
            column: Qty
            unit:
              column: UOM
              factors: {EACH: 1, CARTON: {table: products, column: units_per_pack, key: product}}
          unit_price: {column: UnitPrice, per_unit: true}
        constants: {location: WH-IBD, type: sale}
"""


def test_a_mapping_with_units_constants_and_normalised_keys() -> None:
    sales = parse_mapping(IBADAN, TABLES).files["sales_ibadan.csv"].tables["sales"]
    assert sales.columns["document"].column == "OrderID"
    assert sales.columns["product"].normalise == ("trim", "upper")
    unit = sales.columns["qty"].unit
    assert unit is not None
    assert unit.factors == {"EACH": 1, "CARTON": Lookup(table="products", column="units_per_pack", key="product")}
    assert sales.constants == {"location": "WH-IBD", "type": "sale"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sales:\n        columns", "salse:\n        columns", "did you mean 'sales'"),
        ("document: OrderID", "documnet: OrderID", "did you mean 'document'"),
        ("unit_price: {column: UnitPrice", "unit_price: {colum: UnitPrice", "column"),
        ("column: units_per_pack", "column: units_per_pak", "did you mean 'units_per_pack'"),
        ("key: product", "key: prod", "not among this table's mapped columns"),
        ("EACH: 1", "EACH: 0", "greater than 0"),
        ("EACH: 1", "EACH: 0.3333333", "6 decimal places"),
        ("EACH: 1", "EACH: 1e400", "less than 1000000"),
        ("column: Qty", 'column: "Q\\0ty"', "control character"),
        ("location: WH-IBD", "location: 5", "put it in quotes"),
        ("location: WH-IBD", "location: 2024-02-31", "day is out of range"),
        ("version: 1", "version: " + "1" * 6000, "integer string conversion"),
        ("version: 1\n", "", "this is missing: add it"),
        ("version: 1", "version: 1\x01", "special characters are not allowed"),
        ("files:", "remarks: no\nfiles:", "not known here"),
        ("Africa/Lagos", "Lagos/Africa", "IANA"),
        ("currency: NGN", "currency: naira", "currency"),
        ("version: 1", "version: 2", "version"),
        ("constants: {location", "constants: {product: X, location", "both a column and a constant"),
        ('"%Y-%m-%d"', "[]", 'a format such as "%d/%m/%Y", or a list'),
        ('"%Y-%m-%d"', '["%d/%m/%Y", 5]', 'a format such as "%d/%m/%Y", or a list'),
        ('"%Y-%m-%d"', "{a: b}", "columns > ts > format"),
        ("per_unit: true", "thousands: '.'", "same mark"),
        ("files:", "files: [", "line"),
        ("currency: NGN", "currency: NGN\ncurrency: EUR", "line 4: 'currency' stands twice"),
        ("currency: NGN", "currency: &c NGN\nfiles: *c", "alias"),
    ],
)
def test_a_mistake_is_refused_with_its_remedy(old: str, new: str, says: str) -> None:
    assert old in IBADAN
    with pytest.raises(Invalid) as caught:
        parse_mapping(IBADAN.replace(old, new), TABLES)
    assert caught.value.reason == "MAPPING_INVALID"
    assert says in caught.value.message


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Random text is no mapping, and the only error a caller ever sees is Invalid."""
    with pytest.raises(Invalid):
        parse_mapping(text, TABLES)


def test_deep_nesting_and_great_length_are_refused() -> None:
    for text in ("[" * 5000, "x" * (2 << 20)):
        with pytest.raises(Invalid):
            parse_mapping(text, TABLES)


def test_a_file_name_with_accents_is_one_however_it_is_written() -> None:
    books = parse_mapping(IBADAN.replace("sales_ibadan.csv", "n\u0303andu.csv"), TABLES)
    assert list(books.files) == ["\u00f1andu.csv"]
