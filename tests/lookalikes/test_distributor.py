"""Every measured fact of crestline's books comes out of them, and the same facts out of books made to be like them.

Here is what was read and what the stock rules say; the key figures stand in `test_distributor_figures`.
"""

from collections.abc import Mapping

from perito_kernel.phases import RuleStatus

from .distributor import CRESTLINE
from .examined_books import Books
from .recount import Recount


def test_every_table_has_its_rows(books: Books) -> None:
    facts = books.facts
    wanted = {
        "counts": facts.snapshots,
        "customers": facts.customers,
        "inventory": facts.snapshots,
        "lanes": facts.lanes,
        "locations": 5,
        "lost_sales": facts.lost_sales,
        "movements": facts.ledger_rows,
        "products": facts.products,
        "purchases": facts.order_lines,
        "receipts": facts.order_lines,
        "returns": facts.returns,
        "sales": sum(facts.feeds.values()),
        "suppliers": facts.suppliers,
        "transfers": facts.transfers,
        "users": facts.users,
    }
    assert {name: books.ask(f"SELECT count(*) FROM {name}")[0][0] for name in wanted} == wanted  # noqa: S608  # our names
    assert books.ask("SELECT sum(rejected_records), sum(blank_lines) FROM files") == [(0, 0)]
    assert books.ask("SELECT count(*) FROM rejected_cells") == [(0,)]


def test_what_is_dirty_in_each_sales_feed(books: Books) -> None:
    facts = books.facts
    found = books.ask(
        "SELECT f.name, count(*), count(_duplicate_record), count(product_source), count(uom_source),"
        " count(unit_price_source), count(*) - count(customer), count(*) FILTER (qty <> round(qty))"
        " FROM sales JOIN files AS f ON f.file_id = _file_id GROUP BY 1"
    )
    clean = (0, 0, 0, 0, 0, 0)
    rows = facts.feeds
    assert {row[0]: row[1:] for row in found} == {
        "sales_abuja.csv": (rows["sales_abuja.csv"], facts.repeated, *clean[1:]),
        "sales_ibadan.csv": (rows["sales_ibadan.csv"], 0, rows["sales_ibadan.csv"], facts.cartons, facts.cartons, 0, 0),
        "sales_lagos_annex.csv": (rows["sales_lagos_annex.csv"], *clean),
        "sales_lagos_main.csv": (rows["sales_lagos_main.csv"], *clean),
        "sales_port_harcourt.csv": (
            rows["sales_port_harcourt.csv"],
            *(0, 0, 0, rows["sales_port_harcourt.csv"], facts.blank_customers, 0),
        ),
    }


def test_what_is_odd_in_the_text_of_the_feeds(books: Books, recount: Recount) -> None:
    names = [row["ProductName"] for row in recount.rows("sales_lagos_annex.csv")]
    assert sum(name != name.strip() for name in names) == books.facts.padded_names
    amounts = [row[column] for row in recount.rows("sales_port_harcourt.csv") for column in ("UnitPrice", "LineTotal")]
    assert sum("," in amount for amount in amounts) == books.facts.grouped_numbers


def test_every_line_falls_in_the_two_years(books: Books) -> None:
    """Dates like 01-Jul-24 and 01/07/2024 are read day first."""
    found = books.ask(
        "SELECT f.name, min(ts_date)::VARCHAR >= '2024-07-01', max(ts_date)::VARCHAR <= '2026-06-30',"
        " count(DISTINCT date_trunc('month', ts_date)) FROM sales JOIN files AS f ON f.file_id = _file_id GROUP BY 1"
    )
    assert sorted(found) == [(name, True, True, 24) for name in sorted(books.facts.feeds)]


def test_cartons_are_rounded_to_pieces_and_each_repair_is_logged(books: Books) -> None:
    """Two decimals of a carton of up to 65 pieces are off a whole number by up to a third of a piece."""
    facts = books.facts
    log = dict(books.ask("SELECT kind, sum(cells)::INTEGER FROM transformations WHERE column_name = 'qty' GROUP BY 1"))
    assert log == {"unit_conversion": facts.cartons, "rounded_to_unit": facts.off_whole}
    sql = """
    SELECT count(*) FILTER (abs(s.qty_source::DECIMAL(18, 4) * p.units_per_pack - s.qty) > 0.05)
    FROM sales AS s JOIN products AS p USING (product) WHERE s.uom_source = 'CARTON'"""
    assert books.ask(sql) == [(facts.far_off_whole,)]


def test_conventions(books: Books) -> None:
    values = dict(books.ask("SELECT name, value FROM conventions"))
    assert {name: values[name] for name in ("sales_move_stock", "currency", "timezone")} == {
        "sales_move_stock": "feed",
        "currency": "NGN",
        "timezone": "Africa/Lagos",
    }


def test_repeated_rows_are_abujas(books: Books) -> None:
    (finding,) = books.examined.of_rule("V-010")
    assert (finding["identity"]["table_name"], finding["row_count"]) == ("sales", books.facts.repeated)
    assert finding["title_en"].startswith("sales_abuja.csv: ")


def test_lower_cased_products_are_ibadans(books: Books) -> None:
    (finding,) = books.examined.of_rule("V-012")
    rows = books.facts.feeds["sales_ibadan.csv"]
    assert finding["identity"] == {"domain": "product", "file": "sales_ibadan.csv", "column_name": "product"}
    assert (finding["row_count"], finding["measures"]["repaired"]) == (rows, str(rows))


def test_nothing_is_told_of_the_stock_but_what_was_measured(books: Books) -> None:
    """The tests below say how much each of these finds; any other rule would accuse sound books."""
    findings = books.examined.findings
    assert {f["rule_id"] for f in findings if f["phase"] == "consistency"} == {"C-022", "C-030", "C-034", "C-035"}
    assert {f["currency"] for f in findings if f["impact"] is not None} == {"NGN"}
    assert all(f["impact"] >= 0 for f in findings if f["impact"] is not None)


def test_every_cell_rolls_forward(books: Books, recount: Recount) -> None:
    facts, roll = books.facts, books.examined.outcomes["C-006"]
    cells = facts.snapshots - facts.keys
    assert (roll.status, roll.evaluated, roll.failed, roll.unknown) == (RuleStatus.PASSED, cells, 0, 0)
    assert roll.facts["repeated_rows_left_out"] == str(facts.repeated)
    assert recount.broken_cells() == (0, cells)


def test_a_return_without_a_movement_moves_no_stock(books: Books, recount: Recount) -> None:
    """Whoever adds the returns breaks what was whole."""
    broken, _ = recount.broken_cells(with_returns=True)
    assert broken == 622 if books.facts is CRESTLINE else broken > 100


def test_capacity_is_exceeded_in_the_months_that_were_measured(books: Books) -> None:
    sql = """
    WITH held AS (SELECT location, snapshot_date, sum(qty) AS units FROM inventory GROUP BY ALL)
    SELECT location, count(*) FILTER (units > capacity_units)::INTEGER
    FROM held JOIN locations USING (location) GROUP BY 1"""
    found: Mapping[str, int] = dict(books.ask(sql))
    assert found == books.facts.over_capacity


def test_without_invoices_nothing_can_be_matched(books: Books) -> None:
    for rule in ("C-024", "C-025", "C-026", "P-008", "P-009"):
        outcome = books.examined.outcomes[rule]
        assert (outcome.status, outcome.reason) == (RuleStatus.NOT_APPLICABLE, "needs table invoices")


def test_what_validation_tells_and_nothing_else(books: Books) -> None:
    facts = books.facts
    names = ("file", "location", "table_name")
    found = [f for f in books.examined.findings if f["phase"] == "validation" and f["rule_id"] != "V-021"]
    told = {(f["rule_id"], next(f["identity"][n] for n in names if n in f["identity"])): f["row_count"] for f in found}
    assert told == {
        ("V-005", "sales_port_harcourt.csv"): facts.grouped_numbers,
        ("V-007", "sales_port_harcourt.csv"): facts.blank_customers,
        ("V-010", "sales"): facts.repeated,
        ("V-012", "sales_ibadan.csv"): facts.feeds["sales_ibadan.csv"],
        ("V-013", "sales_lagos_annex.csv"): facts.padded_names,
        **{("V-033", place): 1 for place, months in facts.over_capacity.items() if months},
    }
    above = {f["identity"]["location"]: int(f["measures"]["months"]) for f in books.examined.of_rule("V-033")}
    assert above == {place: months for place, months in facts.over_capacity.items() if months}
    assert books.told("V-021", "converted", "rounded") == (str(facts.cartons), str(facts.off_whole))
