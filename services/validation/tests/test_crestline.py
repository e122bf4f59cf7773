"""The facts of the crestline books that belong to intake (data README), on the real files."""

from pathlib import Path

import pytest

from .desk import Books, Examined, examine, read

pytestmark = pytest.mark.shared_data
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


def test_the_rules_tell_two_stories(examined: Examined) -> None:
    (repeated,) = examined.of("V-010")
    assert (repeated["identity"], repeated["row_count"]) == ({"file": "sales_abuja.csv"}, 122)
    assert len(examined.proof(repeated)) == 244
    (spelled,) = examined.of("V-012")
    assert spelled["identity"] == {"domain": "product", "file": "sales_ibadan.csv", "column_name": "product"}
    assert (spelled["row_count"], spelled["measures"]["repaired"]) == (7_462, "7462")
    assert len(examined.findings) == 2


def test_auditiq_reads_without_a_finding(shared_data: Path, tmp_path: Path) -> None:
    done = examine(tmp_path, *books_of(shared_data, "auditiq"))
    assert done.findings == []
    assert done.outcome.summary["tables"] == {"invoices": 480, "purchases": 500, "receipts": 450}
