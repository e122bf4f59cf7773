"""Real books without a mapping: what is proposed gives the tables and the figures that a person's mapping gives."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from perito_kernel.phases import InputFile, Job, UpstreamResult
from perito_rules.canonical import load_canonical
from perito_rules.compute import examine
from perito_validation.compute import Intake, take_in
from perito_validation.mapping import BooksMapping, parse_mapping

ROOT = Path(__file__).resolve().parents[2]
TABLES = {name: table.columns for name, table in load_canonical().items()}
pytestmark = [pytest.mark.shared_data, pytest.mark.trial_books]


def silent(_fraction: float, _step: str) -> None:
    """Progress that nobody watches."""


def job_of(phase: str, books: Path, out: Path, upstream: list[UpstreamResult]) -> Job:
    inputs: list[InputFile] = []
    for path in sorted(books.glob("*.csv")):
        data = path.read_bytes()
        inputs.append(InputFile(path.name, str(path), hashlib.sha256(data).hexdigest(), len(data)))
    for folder in (out / phase, out / f"{phase}-scratch"):
        folder.mkdir(parents=True)
    places = (str(out / phase), str(out / f"{phase}-scratch"))
    return Job(phase, f"perito_{phase}.rules", inputs, "", upstream, {}, *places, 2, 1 << 30, "5e" * 32)


def proposed(intake: Intake) -> BooksMapping:
    return parse_mapping((intake.tables["files"].parent / "mapping.yaml").read_text("utf-8"), TABLES)


def by_hand(books: str) -> BooksMapping:
    return parse_mapping((ROOT / "tests" / books / "mapping.yaml").read_text("utf-8"), TABLES)


def ask(intake: Intake, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        for name, path in intake.tables.items():
            con.execute(f"CREATE VIEW {name} AS FROM '{path}'")
        return con.execute(sql).fetchall()


def cells(mapping: BooksMapping) -> Mapping[str, object]:
    """Every cell and constant of a mapping by its place."""
    found: dict[str, object] = {}
    for file, entry in mapping.files.items():
        for table, part in entry.tables.items():
            for name, cell in part.columns.items():
                found[f"{file} {table}.{name}"] = cell.model_dump(exclude_defaults=True)
            for name, value in part.constants.items():
                found[f"{file} {table}.{name}"] = value
            found[f"{file} {table} skip"] = part.skip_when_blank
    return found


@pytest.fixture(scope="module")
def crestline(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Intake:
    return take_in(
        job_of("validation", shared_data / "crestline", tmp_path_factory.mktemp("crestline"), []), None, silent
    )


FEEDS = ("abuja", "ibadan", "lagos_annex", "lagos_main", "port_harcourt")


def test_crestline_is_proposed_as_a_person_mapped_it(crestline: Intake) -> None:
    """Beyond what the mapping by hand says: one line per sale, and the notes of one feed as reasons."""
    mine, theirs = cells(proposed(crestline)), cells(by_hand("crestline"))
    assert {place: mine.get(place) for place in theirs} == theirs
    more = {place: value for place, value in mine.items() if place not in theirs}
    assert more == {
        **{f"sales_{feed}.csv sales.line": "1" for feed in FEEDS},
        "sales_port_harcourt.csv sales.reason": {"column": "Notes"},
    }


def test_every_column_of_crestline_is_placed_or_said_to_be_unused(crestline: Intake) -> None:
    left = ask(
        crestline,
        "SELECT f.name, source_column, status, reason_en FROM placements AS p JOIN files AS f USING (file_id) "
        "WHERE status IN ('not_used', 'unplaced') ORDER BY ordinal",
    )
    assert [(name, column, status) for name, column, status, _ in left] == [
        ("sales_lagos_annex.csv", "ProductName", "not_used"),
        ("storage_costs.csv", "WarehouseID", "not_used"),
        ("storage_costs.csv", "MonthlyRentNGN", "not_used"),
        ("storage_costs.csv", "MonthlyStaffCostNGN", "not_used"),
        ("storage_costs.csv", "MonthlyPowerNGN", "not_used"),
        ("storage_costs.csv", "InsurancePctOfValue", "not_used"),
    ]
    assert all("cost of a place" in reason for _, column, _, reason in left if column.startswith("Monthly"))
    total = sum(len(yaml.safe_load(row[0])) for row in ask(crestline, "SELECT header_json FROM files"))
    told = ask(crestline, "SELECT count(DISTINCT (file_id, source_column)) FROM placements WHERE source_column <> ''")
    assert told == [(total,)]


def test_crestline_rolls_forward_in_every_cell(crestline: Intake, shared_data: Path, tmp_path: Path) -> None:
    paths = {path.name: str(path) for path in crestline.tables.values()}
    upstream = UpstreamResult("validation", "1", paths)
    outcome = examine(job_of("consistency", shared_data / "crestline", tmp_path, [upstream]), silent)
    (roll,) = [rule for rule in outcome.rules if rule.rule_id == "C-006"]
    assert (roll.evaluated, roll.failed, roll.unknown) == (19_550, 0, 0)


def test_the_warehouses_of_the_sales_feeds_stand_in_their_names(crestline: Intake) -> None:
    rows = ask(
        crestline,
        "SELECT f.name, confidence::DOUBLE, reason_en FROM placements AS p JOIN files AS f USING (file_id) "
        "WHERE status = 'constant' AND column_name = 'location' ORDER BY 1",
    )
    reason = "The file is named like this place."
    assert rows == [(f"sales_{feed}.csv", 0.9, reason) for feed in FEEDS]


def test_auditiq_gives_the_tables_of_the_mapping_by_hand(shared_data: Path, tmp_path: Path) -> None:
    """The proposal reads the states of documents beside; every other column is the same, cell by cell."""
    intake = take_in(job_of("validation", shared_data / "auditiq", tmp_path / "proposed", []), None, silent)
    given = take_in(job_of("validation", shared_data / "auditiq", tmp_path / "given", []), by_hand("auditiq"), silent)
    for name, table in load_canonical().items():
        assert (name in intake.tables) == (name in given.tables)
        if name in given.tables:
            columns = ", ".join(c for c in table.columns if c != "status" and _there(given, name, c))
            query = f"SELECT {columns} FROM {name} ORDER BY _file_id, _record"  # noqa: S608  # names of ours
            assert ask(intake, query) == ask(given, query)
    extra = {place for place in cells(proposed(intake)) if place not in cells(by_hand("auditiq"))}
    assert extra == {
        "goods_receipts.csv receipts.status",
        "invoices.csv invoices.status",
        "purchase_orders.csv purchases.status",
    }
    (label,) = ask(intake, "SELECT status, reason_en FROM placements WHERE source_column = 'Mismatch_Type'")
    assert label == ("not_used", "It is a label of known problems: it is never an input; no rule uses it.")
    assert ask(intake, "SELECT topic FROM questions") == [("currency",)]


def _there(intake: Intake, table: str, column: str) -> bool:
    return (table, column) in ask(intake, "SELECT table_name, column_name FROM columns")


def test_northwind_joins_orders_to_their_lines(shared_data: Path, tmp_path: Path) -> None:
    intake = take_in(job_of("validation", shared_data / "northwind", tmp_path, []), None, silent)
    sales = "SELECT count(*), count(ts), count(customer), min(ts_date)::VARCHAR, max(ts_date)::VARCHAR FROM sales"
    assert ask(intake, sales) == [(2155, 2155, 2155, "1996-07-04", "1998-05-06")]
    stock = "SELECT count(*), sum(qty)::INTEGER, min(snapshot_date)::VARCHAR FROM inventory"
    assert ask(intake, stock) == [(77, 3119, "1998-05-06")]
    assert ask(intake, "SELECT count(*) FROM products") == [(77,)]
    assert ask(intake, "SELECT count(*) FROM suppliers") == [(29,)]
    topics = ask(intake, "SELECT topic, add_yaml FROM questions ORDER BY topic")
    assert [topic for topic, _ in topics] == ["currency", "snapshot_date"]
    assert 'snapshot_date: "1998-05-06"' in topics[1][1]
