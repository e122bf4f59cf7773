"""The facts of the real books that belong to validation (data README), on the files themselves."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from .desk import Books, Examined, examine, read

pytestmark = [pytest.mark.shared_data, pytest.mark.trial_books]
MAPPINGS = Path(__file__).resolve().parents[3] / "tests"


def books_of(shared_data: Path, name: str) -> tuple[dict[str, str | bytes | Path], str]:
    files: dict[str, str | bytes | Path] = {path.name: path for path in sorted((shared_data / name).glob("*.csv"))}
    return files, (MAPPINGS / name / "mapping.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def crestline(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Books:
    return read(tmp_path_factory.mktemp("crestline"), *books_of(shared_data, "crestline"))


@pytest.fixture(scope="module")
def examined(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Examined:
    return examine(tmp_path_factory.mktemp("examined"), *books_of(shared_data, "crestline"))


def test_every_table_has_its_rows(crestline: Books) -> None:
    assert crestline.intake.summary["tables"] == {
        "counts": 20_400,
        "customers": 2_500,
        "inventory": 20_400,
        "lanes": 20,
        "locations": 5,
        "lost_sales": 1_935,
        "movements": 5_444,
        "products": 170,
        "purchases": 4_321,
        "receipts": 4_321,
        "returns": 701,
        "sales": 54_104,
        "suppliers": 25,
        "transfers": 222,
        "users": 40,
    }
    assert crestline.intake.summary["rejected_records"] == 0
    assert crestline.intake.summary["rejected_cells"] == 0


def test_what_is_dirty_in_the_sales_feeds(crestline: Books) -> None:
    sql = (
        "SELECT f.name, count(_duplicate_record), count(product_source), count(uom_source), count(unit_price_source),"
        " count(*) - count(customer), count(*) FILTER (qty <> round(qty))"
        " FROM sales JOIN files AS f ON f.file_id = _file_id GROUP BY 1 ORDER BY 1"
    )
    assert crestline.ask(sql) == [
        ("sales_abuja.csv", 122, 0, 0, 0, 0, 0),
        ("sales_ibadan.csv", 0, 7_462, 5_218, 5_218, 0, 0),
        ("sales_lagos_annex.csv", 0, 0, 0, 0, 0, 0),
        ("sales_lagos_main.csv", 0, 0, 0, 0, 0, 0),
        ("sales_port_harcourt.csv", 0, 0, 0, 8_657, 164, 0),
    ]


def test_carton_rows_are_rounded_and_logged(crestline: Books) -> None:
    """1,251 rows are off a whole number by more than 0.05 (up to 0.24), which the data README counts; any difference
    at all have 3,206, and each of them is a repair."""
    assert crestline.log("qty") == {"unit_conversion": 5_218, "rounded_to_unit": 3_206}
    sql = (
        "WITH cartons AS (SELECT s.qty_source::DECIMAL(18, 4) * p.units_per_pack AS pieces, s.qty FROM sales AS s"
        " JOIN products AS p USING (product) WHERE s.uom_source = 'CARTON')"
        " SELECT count(*), count(*) FILTER (abs(pieces - qty) > 0.05), max(abs(pieces - qty))::DOUBLE FROM cartons"
    )
    assert crestline.ask(sql) == [(5_218, 1_251, 0.24)]


def test_the_roll_forward_holds_in_every_cell(crestline: Books) -> None:
    sql = """
    WITH moved AS (
        SELECT product, location, ts_date AS day, qty FROM movements
        UNION ALL SELECT product, location, ts_date, -qty FROM sales WHERE _duplicate_record IS NULL
    ), cells AS (
        SELECT *, lag(qty) OVER w AS opening, lag(snapshot_date) OVER w AS since FROM inventory
        WINDOW w AS (PARTITION BY product, location ORDER BY snapshot_date)
    ), bridges AS (
        SELECT c.product, c.location, c.snapshot_date, c.opening + coalesce(sum(m.qty), 0) AS expected, c.qty
        FROM cells AS c LEFT JOIN moved AS m
          ON m.product = c.product AND m.location = c.location AND m.day > c.since AND m.day <= c.snapshot_date
        WHERE c.since IS NOT NULL GROUP BY c.product, c.location, c.snapshot_date, c.opening, c.qty
    ) SELECT count(*), count(*) FILTER (expected <> qty) FROM bridges"""
    assert crestline.ask(sql) == [(19_550, 0)]


def test_conventions(crestline: Books) -> None:
    values = dict(crestline.ask("SELECT name, value FROM conventions"))
    assert values["sales_move_stock"] == "feed"
    assert (values["currency"], values["timezone"]) == ("NGN", "Africa/Lagos")
    assert crestline.intake.as_of == "2026-07-27T23:00:00Z"  # the last receipt, after the period


def test_the_rules_tell_what_is_dirty_and_nothing_else(examined: Examined) -> None:
    """Every measured fact of the data README that belongs to validation, and no finding beside them."""
    of = ("file", "location", "table_name")
    told = sorted(
        (f["rule_id"], f["severity"], next(f["identity"][name] for name in of if name in f["identity"]), f["row_count"])
        for f in examined.findings
    )
    assert told == [
        ("V-001", "info", "storage_costs.csv", 1),
        ("V-005", "medium", "sales_port_harcourt.csv", 2 * 8_657),
        ("V-007", "medium", "sales_port_harcourt.csv", 164),
        ("V-010", "high", "sales", 122),
        ("V-012", "medium", "sales_ibadan.csv", 7_462),
        ("V-013", "info", "sales_lagos_annex.csv", 695),
        ("V-021", "info", "sales_ibadan.csv", 7_442),
        ("V-033", "medium", "WH-LAG1", 1),
        ("V-033", "medium", "WH-LAG2", 1),
    ]


def test_each_story_has_its_rows_and_its_words(examined: Examined) -> None:
    (repeated,) = examined.of("V-010")
    assert len(examined.proof(repeated)) == 244
    (spelled,) = examined.of("V-012")
    assert spelled["identity"] == {"domain": "product", "file": "sales_ibadan.csv", "column_name": "product"}
    assert spelled["measures"]["repaired"] == "7462"
    (blank,) = examined.of("V-007")
    assert (blank["identity"]["source_column"], len(examined.proof(blank))) == ("CustomerID", 164)
    (padded,) = examined.of("V-013")
    assert (padded["identity"]["source_column"], len(examined.proof(padded))) == ("ProductName", 695)
    assert {finding["identity"]["location"]: finding["measures"]["months"] for finding in examined.of("V-033")} == {
        "WH-LAG1": "11",
        "WH-LAG2": "1",
    }
    outcomes = {outcome.rule_id: outcome for outcome in examined.outcome.rules}
    assert (outcomes["V-019"].failed, outcomes["V-019"].unknown) == (0, 0)
    assert outcomes["V-006"].facts["both_ways"] == "3117"
    assert outcomes["V-021"].facts == {"converted": "5218", "rounded": "3206"}


def test_a_plain_recount_says_the_same(shared_data: Path, examined: Examined) -> None:
    """The figures of the rules against a count by hand over the files."""

    def rows(name: str) -> list[dict[str, str]]:
        with (shared_data / "crestline" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    port, annex = rows("sales_port_harcourt.csv"), rows("sales_lagos_annex.csv")
    assert sum("," in row["UnitPrice"] for row in port) + sum("," in row["LineTotal"] for row in port) == 17_314
    assert sum(not row["CustomerID"] for row in port) == 164
    assert sum(row["ProductName"] != row["ProductName"].strip() for row in annex) == 695
    days = [tuple(int(part) for part in row["OrderDate"].split("/")[:2]) for row in annex]
    assert sum(day <= 12 and day != month for day, month in days) == 3_117
    capacity = {row["WarehouseID"]: int(row["CapacityUnits"]) for row in rows("dim_warehouses.csv")}
    stock: Counter[tuple[str, str]] = Counter()
    for row in rows("month_end_inventory.csv"):
        stock[row["WarehouseID"], row["SnapshotDate"]] += int(row["SystemQty"])
    above = Counter(place for (place, _), held in stock.items() if held > capacity[place])
    assert above == {"WH-LAG1": 11, "WH-LAG2": 1}
    (repeats,) = examined.of("V-010")
    abuja = Counter(tuple(row.values()) for row in rows("sales_abuja.csv"))
    assert repeats["row_count"] == sum(n - 1 for n in abuja.values())


def test_auditiq_reads_without_a_finding(shared_data: Path, tmp_path: Path) -> None:
    done = examine(tmp_path, *books_of(shared_data, "auditiq"))
    assert done.findings == []
    arithmetic = next(rule for rule in done.outcome.rules if rule.rule_id == "V-019")
    assert (arithmetic.evaluated, arithmetic.failed) == (980, 0), "prices printed shorter than they were are no finding"
    assert done.outcome.summary["tables"] == {"invoices": 480, "purchases": 500, "receipts": 450}


def test_northwind_shows_its_text_that_was_decoded_twice(shared_data: Path, tmp_path: Path) -> None:
    done = examine(tmp_path, *books_of(shared_data, "northwind"))
    counted: Counter[tuple[str, str]] = Counter()
    repaired: Counter[tuple[str, str]] = Counter()
    for path in (shared_data / "northwind").glob("*.csv"):
        if path.name == "Categories.csv":
            continue  # the mapping does not name it
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column, cell in row.items():
                    if not cell.isascii():
                        counted[path.name, column] += 1
                        repaired[path.name, column] += once_more(cell).isprintable() and once_more(cell) != cell
    found = {(f["identity"]["file"], f["identity"]["source_column"]): f["row_count"] for f in done.of("V-003")}
    assert found == counted == repaired
    assert sum(found.values()) == 612
    others = sorted((f["rule_id"], f["severity"]) for f in done.findings if f["rule_id"] != "V-003")
    assert others == [("V-001", "info")]


def once_more(cell: str) -> str:
    """The cell's bytes, as Windows-1252 where it can be and as Latin-1 otherwise, read as UTF-8."""
    codec = "latin-1" if any("\x80" <= c <= "\x9f" for c in cell) else "cp1252"
    return cell.encode(codec).decode("utf-8")
