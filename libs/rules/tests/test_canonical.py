"""The canonical tables hold what the whole catalogue needs, and say it without contradiction."""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from perito_rules.canonical import (
    ROW_COLUMNS,
    SYSTEM_TABLES,
    CanonicalError,
    ColumnType,
    Table,
    load_canonical,
    normal_header,
    parse_canonical,
    physical_columns,
)

MEMBER = Path(__file__).resolve().parents[1]
PACKAGE = MEMBER / "src" / "perito_rules"
ROOT = MEMBER.parents[1]
RANGES = {"V": (34, 3), "C": (38, 3), "P": (48, 3), "K": (30, 2)}
BOOKS = ROOT.parent / "shared" / "data"


def catalogue_ids() -> Iterator[str]:
    for letter, (last, digits) in RANGES.items():
        yield from (f"{letter}-{number:0{digits}d}" for number in range(1, last + 1))


def catalogue() -> Mapping[str, Mapping[str, Any]]:
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load((PACKAGE / "catalogue.yaml").read_text("utf-8"))
    return loaded


def inexpressible(rules: Mapping[str, Mapping[str, Any]], tables: Mapping[str, Table]) -> list[str]:
    """Rules whose needs name a table or column that does not exist, each with what is missing."""
    found: list[str] = []
    for rule, entry in rules.items():
        wanted = [*entry["needs"].items(), *entry.get("optional", {}).items()]
        missing = [
            f"{table}.{column}"
            for table, columns in wanted
            for column in columns
            if table not in tables or column not in tables[table].columns
        ]
        if missing:
            found.append(f"{rule} ({', '.join(missing)})")
    return found


def every_table() -> Mapping[str, Table]:
    return {**load_canonical(), **SYSTEM_TABLES}


def test_the_catalogue_has_every_id_and_no_other() -> None:
    assert list(catalogue()) == list(catalogue_ids())


def test_the_canonical_tables_can_express_every_rule() -> None:
    assert all(entry["needs"] and entry["title"] for entry in catalogue().values())
    assert inexpressible(catalogue(), every_table()) == []


def test_a_rule_that_cannot_be_expressed_is_named() -> None:
    rules = {"C-001": {"needs": {"movements": ["qty", "colour"]}}, "C-002": {"needs": {"movements": ["qty"]}}}
    assert inexpressible(rules, every_table()) == ["C-001 (movements.colour)"]


def test_every_canonical_table_serves_some_rule() -> None:
    """All but the two that speak to people about the mapping."""
    used = {t for entry in catalogue().values() for t in (*entry["needs"], *entry.get("optional", {}))}
    assert set(every_table()) - used == {"placements", "questions"}


def test_all_names_work_in_sql_without_quotes() -> None:
    connection = duckdb.connect()
    for table in every_table().values():
        columns = physical_columns(table)
        quoted = ", ".join(f'"{name}" {sql}' for name, sql in columns)
        connection.execute(f"CREATE TABLE {table.name} ({quoted})")
        for name, sql in columns:
            query = f"SELECT {name} FROM {table.name} WHERE {name} IS NOT NULL ORDER BY {name}"  # noqa: S608  # names of ours, unquoted on purpose
            described = connection.execute(f"DESCRIBE {query}").fetchone()
            assert described is not None
            assert described[:2] == (name, sql), f"{table.name}.{name}"


def test_companions_follow_their_column() -> None:
    lanes = physical_columns(load_canonical()["lost_sales"], {"ts", "qty"})
    names = ["ts", "ts_source", "ts_alternative", "ts_date", "qty", "qty_source"]
    types = ["TIMESTAMP", "VARCHAR", "TIMESTAMP", "DATE", "DECIMAL(18,4)", "VARCHAR"]
    assert lanes == [*zip(names, types, strict=True), *ROW_COLUMNS]
    products = dict(physical_columns(load_canonical()["products"], {"name", "launched"}))
    assert [*products][:4] == ["name", "launched", "launched_source", "launched_alternative"]
    assert products["launched_alternative"] == "DATE"


def test_a_system_table_has_its_columns_only() -> None:
    names = [name for name, _ in physical_columns(SYSTEM_TABLES["rejected_records"])]
    assert names == ["file_id", "record", "line", "reason", "raw"]


def test_keys_of_books_without_lots() -> None:
    inventory = load_canonical()["inventory"]
    assert inventory.key == ("snapshot_date", "product", "location", "lot")
    assert inventory.required_key == ("snapshot_date", "product", "location")


def test_master_data_is_referenced_wherever_it_is_named() -> None:
    """A column called like a master table's key is that key, or V-011 would not see it."""
    masters = {key: f"{name}.{key}" for name, key in [("products", "product"), ("suppliers", "supplier")]}
    masters |= {"location": "locations.location", "customer": "customers.customer", "user": "users.user"}
    for table in load_canonical().values():
        for name, reference in masters.items():
            if name in table.columns and table.key != (name,):
                assert table.columns[name].references == reference, f"{table.name}.{name}"


def test_who_names_a_person_says_so() -> None:
    columns = [(t.name, c) for t in load_canonical().values() for c in t.columns.values()]
    people = [c for _, c in columns if c.references in {"users.user", "customers.customer"}]
    assert len(people) > 30
    assert all(c.personal for c in people)
    assert not load_canonical()["products"].columns["name"].personal


BROKEN = {
    "key is no column": ({"key": ["thing"]}, "t: key thing is no column"),
    "no meaning": ({"columns": {"a": {"type": "key"}}}, "t.a: no meaning"),
    "money without unit": ({"columns": {"a": {"type": "money", "meaning": "m"}}}, "t.a: no unit"),
    "enum without values": ({"columns": {"a": {"type": "enum", "meaning": "m"}}}, "t.a: values belong to an enum"),
    "unknown field": ({"columns": {"a": {"type": "key", "meaning": "m", "unti": "x"}}}, "t.a: unknown unti"),
    "reference to nothing": (
        {"columns": {"a": {"type": "key", "meaning": "m", "references": "x.y"}}},
        "t.a: references x.y, which is no table's whole key",
    ),
    "companion collides": (
        {
            "columns": {
                "a": {"type": "date", "meaning": "m"},
                "a_source": {"type": "text", "meaning": "m"},
            }
        },
        "t: a_source stands twice",
    ),
    "synonym of two columns": (
        {"columns": {"a": {"type": "key", "meaning": "m", "en": "x"}, "b": {"type": "key", "meaning": "m", "es": "x"}}},
        "t.b: synonym x names another column",
    ),
    "value word of two values": (
        {"columns": {"a": {"type": "enum", "meaning": "m", "values": {"p": "x", "q": "x"}}}},
        "t.a: value word x",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_contradiction_is_named(name: str) -> None:
    change, message = BROKEN[name]
    whole = {"version": 1, "meaning": "m", "key": ["a"], "columns": {"a": {"type": "key", "meaning": "m"}}}
    parse_canonical(yaml.safe_dump({"tables": {"t": whole}, "system": {}}))
    broken = yaml.safe_dump({"tables": {"t": {**whole, **change}}, "system": {}})
    with pytest.raises(CanonicalError, match=re.escape(message)):
        parse_canonical(broken)


@pytest.mark.parametrize(
    ("header", "normal"),
    [
        ("QtyOrdered", "qty_ordered"),
        ("POLineID", "po_line_id"),
        ("UnitCostNGN", "unit_cost_ngn"),
        ("GR_ID", "gr_id"),
        ("  Código Artículo ", "codigo_articulo"),
        ("Precio (€)", "precio"),
        ("UOM", "uom"),
        ("Año", "ano"),
    ],
)
def test_headers_are_made_comparable(header: str, normal: str) -> None:
    assert normal_header(header) == normal


@given(st.text())
def test_a_normal_header_stays_as_it_is(text: str) -> None:
    normal = normal_header(text)
    assert normal_header(normal) == normal
    assert re.fullmatch(r"([a-z0-9]+(_[a-z0-9]+)*)?", normal)


def test_money_and_quantities_are_exact() -> None:
    assert {t.sql for t in (ColumnType.MONEY, ColumnType.QUANTITY)} == {"DECIMAL(18,4)"}
    assert not any(t.sql in {"DOUBLE", "FLOAT"} for t in ColumnType)


def test_the_page_is_what_the_tables_say() -> None:
    assert (ROOT / "docs" / "canonical.md").read_text("utf-8") == generator().page()


def generator() -> ModuleType:
    """libs/rules/generate.py, which is a program and stands in no package."""
    spec = importlib.util.spec_from_file_location("canonical_generator", MEMBER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Headers of the real books that have no canonical column, and why: addresses of deliveries, labels for scoring,
# what no rule reads, names that another table already gives.
UNUSED = {
    "quantity_per_unit",
    *("product_name", "vendor_name", "mismatch_type"),
    *("contact_title", "fax", "home_page", "ship_via", "freight", "ship_name", "ship_address", "ship_city"),
    *("ship_region", "ship_postal_code", "ship_country"),
}
FEEDS = {
    "crestline/dim_products.csv": ["products"],
    "crestline/dim_suppliers.csv": ["suppliers"],
    "crestline/dim_warehouses.csv": ["locations"],
    "crestline/dim_customers.csv": ["customers"],
    "crestline/dim_employees.csv": ["users"],
    "crestline/inventory_transactions.csv": ["movements"],
    "crestline/month_end_inventory.csv": ["inventory"],
    "crestline/sales_ibadan.csv": ["sales"],
    "crestline/sales_lagos_annex.csv": ["sales"],
    "crestline/sales_port_harcourt.csv": ["sales"],
    "crestline/purchase_order_lines.csv": ["purchases", "receipts"],
    "crestline/returns.csv": ["returns"],
    "crestline/transfers.csv": ["transfers"],
    "crestline/stock_counts.csv": ["counts"],
    "crestline/lost_sales_log.csv": ["lost_sales"],
    "crestline/transport_costs.csv": ["lanes"],
    "auditiq/purchase_orders.csv": ["purchases"],
    "auditiq/goods_receipts.csv": ["receipts"],
    "auditiq/invoices.csv": ["invoices"],
    "northwind/Products.csv": ["products", "inventory"],
    "northwind/Suppliers.csv": ["suppliers"],
    "northwind/Customers.csv": ["customers"],
    "northwind/Orders.csv": ["orders", "users"],
    "northwind/Order_Details.csv": ["sales"],
}


@pytest.mark.shared_data
@pytest.mark.skipif(not BOOKS.is_dir(), reason="the real books are not beside the project")
@pytest.mark.parametrize("file", FEEDS)
def test_the_headers_of_real_books_are_known(file: str) -> None:
    tables = [load_canonical()[name] for name in FEEDS[file]]
    known = {w for t in tables for c in t.columns.values() for w in (c.name, *c.synonyms_en, *c.synonyms_es)}
    with (BOOKS / file).open(encoding="utf-8") as lines:
        headers = [normal_header(label) for label in lines.readline().split(",")]
    # A currency at the end of a header is the mapping's matter (UnitCostNGN).
    unknown = [h for h in headers if h not in known and h.removesuffix("_ngn") not in known and h not in UNUSED]
    assert unknown == []
