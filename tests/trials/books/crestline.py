"""The measured facts of crestline's books: a distributor with five warehouses, one ledger and five sales feeds."""

from collections.abc import Iterator
from pathlib import Path

from perito_kernel.phases import RuleStatus

from tests.lookalikes.distributor import CRESTLINE
from tests.lookalikes.examined import examine_books
from tests.lookalikes.examined_books import Books
from tests.trials.books.fact import Fact, Value, two_places
from tests.trials.harness.catalogue import Say
from tests.trials.harness.sources import ROOT

MAPPING = ROOT / "tests" / "crestline" / "mapping.yaml"

SOUND = "SELECT product, location, ts_date, -qty FROM sales WHERE _duplicate_record IS NULL"
WRONG_READINGS = {
    "returns added": f"{SOUND} UNION ALL SELECT product, location, ts_date, qty FROM returns",  # noqa: S608
    "repeated rows kept": "SELECT product, location, ts_date, -qty FROM sales",
    "lower-case codes not matched": f"{SOUND} AND product_source IS NULL",
    "cartons not rounded": """
        SELECT s.product, s.location, s.ts_date,
            CASE uom_source WHEN 'CARTON' THEN -(s.qty_source::DECIMAL(18, 4) * p.units_per_pack) ELSE -s.qty END
        FROM sales AS s JOIN products AS p USING (product) WHERE s._duplicate_record IS NULL""",
}
"""What moved stock, for readers who forget one thing each."""

BRIDGE = """
WITH moved AS (
    SELECT product, location, ts_date AS day, qty::DECIMAL(18, 4) AS qty FROM movements UNION ALL ({moved})
), cells AS (
    SELECT *, lag(qty) OVER w AS opening, lag(snapshot_date) OVER w AS since FROM inventory
    WINDOW w AS (PARTITION BY product, location ORDER BY snapshot_date)
), bridges AS (
    SELECT c.location, c.opening + coalesce(sum(m.qty), 0) - c.qty AS off FROM cells AS c LEFT JOIN moved AS m
    ON m.product = c.product AND m.location = c.location AND m.day > c.since AND m.day <= c.snapshot_date
    WHERE c.since IS NOT NULL GROUP BY c.product, c.location, c.snapshot_date, c.opening, c.qty
) SELECT count(*) FILTER (off <> 0), count(*) FILTER (off <> 0 AND location <> 'WH-IBD'),
    sum(abs(off))::INTEGER FROM bridges"""


def facts(data: Path, folder: Path, say: Say) -> list[Fact]:
    """Examines the books and compares."""
    source = data / "crestline"
    books = Books(source, CRESTLINE, examine_books(source, MAPPING, folder / "crestline"))
    say("crestline went through all phases")
    parts = (_rows, _feeds, _bridges, _counts, _purchases, _told)
    return [Fact("crestline", *fact) for part in parts for fact in part(books)]


Found = Iterator[tuple[str, Value, Value]]


def _one(books: Books, sql: str) -> int:
    ((value,),) = books.ask(sql)
    return int(value)


def _rows(books: Books) -> Found:
    wanted = {
        "products": 170,
        "suppliers": 25,
        "locations": 5,
        "users": 40,
        "customers": 2_500,
        "purchases": 4_321,
        "movements": 5_444,
        "sales": 54_104,
        "returns": 701,
        "transfers": 222,
        "inventory": 20_400,
        "counts": 20_400,
        "lost_sales": 1_935,
    }
    counted = {name: _one(books, f"SELECT count(*) FROM {name}") for name in wanted}  # noqa: S608  # names of ours
    yield "rows read", wanted, counted
    yield (
        "records and cells refused",
        0,
        _one(
            books, "SELECT (SELECT sum(rejected_records) FROM files)::INTEGER + (SELECT count(*) FROM rejected_cells)"
        ),
    )


def _feeds(books: Books) -> Found:
    def sales(feed: str, what: str) -> int:
        return _one(
            books,
            f"SELECT {what}::INTEGER FROM sales AS s JOIN files AS f ON f.file_id = s._file_id"  # noqa: S608
            f" LEFT JOIN products AS p USING (product) WHERE f.name = 'sales_{feed}.csv'",
        )

    yield "Abuja: rows exported twice", 122, sales("abuja", "count(s._duplicate_record)")
    yield (
        "Abuja: days between 1 July 2024 and 30 June 2026",
        10_942,
        sales("abuja", "count(*) FILTER (s.ts_date BETWEEN '2024-07-01' AND '2026-06-30')"),
    )
    yield "Ibadan: codes in lower case, mended", 7_462, sales("ibadan", "count(s.product_source)")
    yield "Ibadan: rows in cartons", 5_218, sales("ibadan", "count(*) FILTER (s.uom_source = 'CARTON')")
    yield "Ibadan: rows in pieces", 2_244, sales("ibadan", "count(*) FILTER (s.uom_source IS NULL)")
    off = "abs(s.qty_source::DECIMAL(18, 4) * p.units_per_pack - s.qty)"
    cartons = "s.uom_source = 'CARTON'"
    yield (
        "Ibadan: carton rows off a whole piece by more than 0.05",
        1_251,
        sales("ibadan", f"count(*) FILTER ({cartons} AND {off} > 0.05)"),
    )
    yield (
        "Ibadan: hundredths of a piece they are off at most",
        24,
        sales("ibadan", f"max({off}) FILTER ({cartons}) * 100"),
    )
    (padded,) = books.examined.of_rule("V-013")
    yield "Lagos Annex: names with blanks at an end", 695, int(padded["row_count"])
    yield (
        "Lagos Annex: months named by days first",
        24,
        sales("lagos_annex", "count(DISTINCT date_trunc('month', s.ts_date))"),
    )
    yield "Port Harcourt: rows without a customer", 164, sales("port_harcourt", "count(*) FILTER (customer IS NULL)")
    (grouped,) = books.examined.of_rule("V-005")
    yield "Port Harcourt: numbers with thousands separators", 17_314, int(grouped["row_count"])


def _bridges(books: Books) -> Found:
    roll = books.examined.outcomes["C-006"]
    yield "months of a product and place that roll forward", 19_550, roll.evaluated - roll.failed - roll.unknown
    yield "... and that do not", 0, roll.failed + roll.unknown
    yield "returned units, which the ledger does not know", 3_356, _one(books, "SELECT sum(qty)::INTEGER FROM returns")
    wrong = {name: books.ask(BRIDGE.format(moved=moved))[0] for name, moved in WRONG_READINGS.items()}
    yield "months that adding the returns would break", 622, wrong["returns added"][0]
    yield "... outside Ibadan", 537, wrong["returns added"][1]
    yield "months that keeping Abuja's repeated rows would break", 110, wrong["repeated rows kept"][0]
    yield "units that forgetting Ibadan's capitals would break", 62_182, wrong["lower-case codes not matched"][2]
    yield "months that unrounded cartons would break", 1_349, wrong["cartons not rounded"][0]


def _counts(books: Books) -> Found:
    names: tuple[str, ...] = ("differences", "net_difference", "gross_difference", "posted")
    counted: dict[str, int] = dict(zip(names, map(int, books.told("C-035", *names)), strict=True))
    yield (
        "counts that differ from the book, net and gross units, with an adjustment of their size",
        {
            "differences": 2_446,
            "net_difference": -110,
            "gross_difference": 5_060,
            "posted": 19,
        },
        counted,
    )
    stated = "FROM counts WHERE reported_variance <> 0"
    yield (
        "... by the file's own column",
        {"differences": 2_477, "net": -141, "gross": 5_091},
        {
            "differences": _one(books, f"SELECT count(*) {stated}"),
            "net": _one(books, f"SELECT sum(reported_variance)::INTEGER {stated}"),
            "gross": _one(books, f"SELECT sum(abs(reported_variance))::INTEGER {stated}"),
        },
    )
    yield "... of which only the column says so", 31, len(books.examined.of_rule("C-034"))
    yield "record accuracy, %", "88.01", two_places(books.value("K-16", "exact"))
    yield "... within 5 %", "97.49", two_places(books.value("K-16", "within_tolerance"))


def _purchases(books: Books) -> Found:
    orphans = books.examined.outcomes["C-015"]
    yield "order lines received after the ledger ends", 59, int(orphans.facts["documents_outside_the_ledger"])
    (cheap,) = books.examined.of_rule("C-030")
    yield "order lines at exactly 0.88 of the price agreed", 18, int(cheap["row_count"])
    yield "transfers that arrive the day they leave", 222, books.examined.outcomes["C-022"].failed
    above = {f["identity"]["location"]: int(f["measures"]["months"]) for f in books.examined.of_rule("V-033")}
    yield "months above capacity", {"WH-LAG1": 11, "WH-LAG2": 1}, above
    yield "mean days from order to receipt", "12.31", two_places(books.value("K-25", "mean"))
    yield "order lines on time, %", "71.63", two_places(books.value("K-26", "on_time"))
    yield "units received of a hundred ordered", "100.00", two_places(books.value("K-27", "fill"))
    yield "paid less than the price agreed", 11_414_808, -int(books.value("K-28", "price_variance"))


def _told(books: Books) -> Found:
    (lost,) = books.ask("SELECT sum(qty)::INTEGER FROM lost_sales")[0]
    yield "lost sales in the log", 1_935, books.figure("K-12", "lost_sales")["n"]
    yield "... their units", int(lost), int(books.value("K-12", "lost_units"))
    high = {f["rule_id"] for f in books.examined.findings if f["severity"] in {"critical", "high"}}
    yield "rules that tell something of high severity", "C-035 V-010", " ".join(sorted(high))
    broken = {rule for rule, outcome in books.examined.outcomes.items() if outcome.status == RuleStatus.ERRORED}
    yield "rules that could not be completed", 0, len(broken)
