"""Every measured fact of crestline's books comes out of them, and the same facts out of books made to be like them.

Books run through all phases as an analysis does; what the key figures say is also counted by `recount`, which shares
nothing with the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from perito_kernel.phases import RuleStatus

from .crestline_like import write_crestline_like
from .distributor import CRESTLINE, Facts
from .examined import Examined, Row, examine_books
from .recount import Recount

MAPPING = Path(__file__).resolve().parents[1] / "crestline" / "mapping.yaml"


@dataclass(frozen=True)
class Books:
    """Books with what must come out of them, and what came out."""

    folder: Path
    facts: Facts
    examined: Examined

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows from the tables as validation wrote them."""
        with duckdb.connect() as connection:
            for path in (self.examined.folder / "validation").glob("*.parquet"):
                connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
            return connection.execute(sql).fetchall()

    def told(self, rule: str, *names: str) -> tuple[str, ...]:
        """Facts of a rule."""
        return tuple(self.examined.outcomes[rule].facts[name] for name in names)

    def figure(self, rule: str, measure: str, scope: str = "total", key: str = "") -> Row:
        """One row of a key figure."""
        wanted = (rule, measure, scope, key)
        (row,) = [r for r in self.examined.kpis if (r["id"], r["measure"], r["scope"], r["key"]) == wanted]
        return row

    def value(self, rule: str, measure: str) -> Decimal:
        """A total."""
        return self.figure(rule, measure)["value"]


@pytest.fixture(
    scope="module", params=[pytest.param("crestline", marks=pytest.mark.shared_data), "seed 1", "seed 2"], ids=str
)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    run = tmp_path_factory.mktemp("distributor")
    if request.param == "crestline":
        folder: Path = request.getfixturevalue("shared_data") / "crestline"
        return Books(folder, CRESTLINE, examine_books(folder, MAPPING, run))
    facts = write_crestline_like(run / "books", int(request.param.split()[1]))
    return Books(run / "books", facts, examine_books(run / "books", MAPPING, run / "run"))


@pytest.fixture(scope="module")
def recount(books: Books) -> Recount:
    return Recount(books.folder)


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
    assert (finding["identity"]["file"], finding["row_count"]) == ("sales_abuja.csv", books.facts.repeated)


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


def test_count_differences_are_counted_less_system(books: Books) -> None:
    facts = books.facts
    names = ("counts", "differences", "net_difference", "gross_difference", "posted")
    wanted = (facts.snapshots, facts.differences, facts.net, facts.gross, facts.posted)
    assert books.told("C-035", *names) == tuple(map(str, wanted))
    findings = books.examined.of_rule("C-035")
    assert len(findings) == facts.differences - facts.posted
    assert all(finding["impact"] > 0 and finding["currency"] == "NGN" for finding in findings)


def test_variances_that_only_the_file_states(books: Books) -> None:
    findings = books.examined.of_rule("C-034")
    assert (books.examined.outcomes["C-034"].evaluated, len(findings)) == (
        books.facts.snapshots,
        books.facts.stated_only,
    )
    assert {(f["measures"]["system"], f["measures"]["counted"], f["observed"]) for f in findings} == {("0", "0", "-1")}
    assert {finding["impact"] for finding in findings} == {None}


def test_record_and_unit_accuracy(books: Books) -> None:
    facts = books.facts
    exact, near = books.figure("K-16", "exact"), books.figure("K-16", "within_tolerance")
    assert (exact["numerator"], exact["denominator"]) == (facts.snapshots - facts.differences, facts.snapshots)
    assert (near["numerator"], near["coverage"]) == (facts.near, 1)
    assert (books.value("K-17", "net_difference"), books.value("K-17", "gross_difference")) == (facts.net, facts.gross)
    if facts is CRESTLINE:
        shares = [round(books.value("K-16", name), 2) for name in ("exact", "within_tolerance")]
        assert shares == [Decimal("88.01"), Decimal("97.49")]
    monthly = ("K-16", "exact", "month")
    assert len([r for r in books.examined.kpis if (r["id"], r["measure"], r["scope"]) == monthly]) == 24


def test_transfers_have_both_legs_and_arrive_the_day_they_left(books: Books) -> None:
    facts, outcomes = books.facts, books.examined.outcomes
    legs, transit = outcomes["C-019"], outcomes["C-022"]
    assert (legs.status, legs.evaluated, legs.unknown) == (RuleStatus.PASSED, 2 * facts.transfers, 0)
    assert (transit.evaluated, transit.failed, transit.unknown) == (facts.transfers, facts.transfers, 0)
    lanes = books.examined.of_rule("C-022")
    assert (len(lanes), sum(int(lane["observed"]) for lane in lanes)) == (facts.lanes, facts.transfers)


def test_lines_that_cost_exactly_0_88_of_the_master(books: Books) -> None:
    facts = books.facts
    assert (books.examined.outcomes["C-030"].evaluated, books.examined.outcomes["C-030"].failed) == (
        facts.order_lines,
        facts.cheap_lines,
    )
    (finding,) = books.examined.of_rule("C-030")
    assert (finding["identity"]["ratio"], finding["row_count"]) == ("0.88", facts.cheap_lines)
    assert (finding["measures"]["orders"], finding["delta_value"]) == (str(facts.cheap_lines), facts.cheap_value)


def test_orders_received_after_the_period_are_neither_short_nor_orphans(books: Books) -> None:
    facts, outcomes = books.facts, books.examined.outcomes
    received, orphans = outcomes["C-027"], outcomes["C-015"]
    assert (received.status, received.evaluated, received.unknown) == (RuleStatus.PASSED, facts.order_lines, 0)
    assert (orphans.status, orphans.unknown) == (RuleStatus.PASSED, facts.late_lines)
    assert orphans.facts["documents_outside_the_ledger"] == str(facts.late_lines)
    in_ledger = facts.order_lines - facts.late_lines
    assert orphans.evaluated == facts.order_lines + in_ledger + 2 * facts.transfers


def test_supplier_times_on_both_bases(books: Books) -> None:
    facts = books.facts
    in_ledger = facts.order_lines - facts.late_lines
    wanted = {
        ("K-25", "mean"): (facts.lead_days, facts.order_lines, "all_receipts"),
        ("K-25", "quoted"): (facts.quoted_days, facts.order_lines, "all_receipts"),
        ("K-25", "mean_in_ledger"): (facts.lead_days_in_ledger, in_ledger, "receipts_in_ledger"),
        ("K-26", "on_time"): (facts.on_time, facts.order_lines, "all_receipts"),
        ("K-26", "on_time_in_ledger"): (facts.on_time_in_ledger, in_ledger, "receipts_in_ledger"),
    }
    rows = {name: books.figure(*name) for name in wanted}
    assert {n: (row["numerator"], row["denominator"], row["basis"]) for n, row in rows.items()} == wanted
    if facts is CRESTLINE:
        shown = [round(books.value(*name), 2) for name in (("K-25", "mean"), ("K-25", "quoted"), ("K-26", "on_time"))]
        assert shown == [Decimal("12.31"), Decimal("12.03"), Decimal("71.63")]


def test_turnover_is_what_plain_arithmetic_says(books: Books, recount: Recount) -> None:
    turns = books.figure("K-01", "turns")
    cost, average = recount.cost_of_goods_sold(), recount.average_stock()
    assert turns["basis"] == "month_ends"
    assert (turns["numerator"], turns["denominator"]) == (cost, round(average, 4))
    assert turns["value"] == round(cost / average, 9)
    assert turns["n"] == len(recount.sold())
    days = (recount.days[-1] - recount.days[0]).days
    assert books.value("K-01", "turns_per_year") == round(cost * 365 / (average * days), 9)
    assert books.value("K-02", "days_in_inventory") == round(average * days / cost, 9)
    margin = sum((line.amount for line in recount.sold()), Decimal()) - cost
    assert books.value("K-03", "gmroi") == round(margin / average, 9)


def test_shrink_is_what_plain_arithmetic_says(books: Books, recount: Recount) -> None:
    lost = recount.lost()
    assert books.value("K-13", "shrink") == sum(lost.found.values())
    assert books.value("K-13", "shrink_gross") == sum(map(abs, lost.found.values()))
    assert (books.value("K-15", "known_loss_units"), books.value("K-15", "unknown_loss_units")) == (
        lost.known,
        sum(lost.found.values()),
    )
    value = sum((qty * recount.cost(key[1], day) for (key, day), qty in lost.found.items()), Decimal())
    rate = books.figure("K-14", "unknown_at_cost")
    assert (rate["numerator"], rate["denominator"]) == (value, sum((x.amount for x in recount.sold()), Decimal()))


def test_variance_in_money_is_what_plain_arithmetic_says(books: Books, recount: Recount) -> None:
    assert books.value("K-18", "net_variance") == recount.net_variance()


def test_all_keys_are_counted_more_often_than_any_policy_asks(books: Books) -> None:
    counted = {r["measure"]: r["value"] for r in books.examined.kpis if (r["id"], r["scope"]) == ("K-19", "total")}
    assert counted == dict.fromkeys(("keys_counted", "policy_a", "policy_b", "policy_c", "policy_met"), 100)
    assert books.told("K-20", "products", "classified") == (str(books.facts.products),) * 2


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
