"""A fault shows in many rules and costs once: the symptoms that other rules see add nothing to the exposure.

The books of each case hold one planted fault. What it costs is known; the gross exposure over all consistency rules
must be that, with the tables that show the fault alone and with those in which its symptoms show. What one cashier does
shows in several pattern rules, and costs what the habit does.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from perito_reporting.cases import fold
from perito_reporting.headers import read_headers
from perito_rules.loader import load_rules
from perito_rules.trial import Rows, try_rules

Row = dict[str, Any]
COST = 10


def gross(tables: Mapping[str, Rows], folder: Path, phase: str = "consistency") -> tuple[Decimal, set[str], set[str]]:
    """Exposure, the rules that found something, and the rules whose findings are causes."""
    master = [{"product": "A", "unit_cost": COST}]
    trial = try_rules(load_rules(f"perito_{phase}.rules"), {"products": master, **tables}, folder)
    errored = [
        o.rule_id for o in trial.outcomes.values() if o.reason.startswith(("violations", "population", "evidence"))
    ]
    assert errored == []
    headers = {header.rule_id: header for header in read_headers(phase, trial.out / "rules.json")}
    with duckdb.connect() as con:
        source = str(trial.out / "findings.parquet")
        con.execute(
            "CREATE TABLE findings AS SELECT row_number() OVER (ORDER BY fingerprint) AS n, * FROM read_parquet(?)",
            [source],
        )
        fold(con, headers)
        total = con.execute(
            "SELECT coalesce(sum(abs(f.impact)), 0) FROM findings f JOIN cases c ON c.root = f.n"
        ).fetchone()
        roots = con.execute("SELECT DISTINCT f.rule_id FROM findings f JOIN cases c ON c.root = f.n").fetchall()
    assert total is not None
    return total[0], {f["rule_id"] for f in trial.findings}, {row[0] for row in roots}


def day(number: int) -> str:
    return f"2024-05-{number:02d}"


def ledger(*steps: tuple[int, int, int], start: int = 1) -> list[Row]:
    """(day, quantity, balance) of product A in place L1."""
    return [
        {
            "movement": f"M{number}",
            "ts": day(on),
            "ts_date": day(on),
            "product": "A",
            "location": "L1",
            "type": "receipt" if qty > 0 else "sale",
            "qty": qty,
            "balance_after": balance,
        }
        for number, (on, qty, balance) in enumerate(steps, start)
    ]


def stock(on: str, qty: int, place: str = "L1") -> Row:
    return {"snapshot_date": on, "product": "A", "location": place, "qty": qty}


def count(on: str, system: int) -> Row:
    row: Row = {"ts": on, "ts_date": on, "product": "A", "location": "L1"}
    return {**row, "system_qty": system, "counted_qty": system}


def test_a_receipt_that_was_taken_out_of_the_ledger(tmp_path: Path) -> None:
    """Ten of day 3 are gone: the balance breaks, stock is negative, the month does not close, a count differs."""
    steps = [(2, -5, 3), (4, -9, 4), (6, -1, 3), (8, 7, 10), (9, 1, 11), (10, 1, 12), (11, 1, 13)]
    alone = {"movements": ledger(*steps)}
    symptoms = {
        **alone,
        "inventory": [stock("2024-04-30", 8), stock("2024-05-31", 13)],
        "counts": [count(day(5), 4)],
    }
    money, _, roots = gross(alone, tmp_path / "alone")
    assert (money, roots) == (10 * COST, {"C-001"})
    again, seen, roots = gross(symptoms, tmp_path / "symptoms")
    assert {"C-001", "C-005", "C-006", "C-033"} <= seen
    assert (again, roots) == (10 * COST, {"C-001"})


def test_a_balance_that_was_cut_at_zero(tmp_path: Path) -> None:
    steps = [(1, 1, 5), (2, 1, 6), (3, 1, 7), (4, -10, 0), (5, 5, 5), (6, 1, 6), (7, 1, 7)]
    money, seen, roots = gross({"movements": ledger(*steps)}, tmp_path)
    assert {"C-001", "C-004", "C-005"} <= seen
    assert (money, roots) == (3 * COST, {"C-004"})


def test_a_transfer_that_never_arrived_in_the_books(tmp_path: Path) -> None:
    transfer = {"transfer": "T1", "product": "A", "from_location": "L1", "to_location": "L2", "qty_out": 4}
    out: Row = {"movement": "M1", "type": "transfer_out", "product": "A", "location": "L1", "ref_id": "T1", "qty": -4}
    tables: dict[str, Rows] = {
        "transfers": [{**transfer, "out_ts": day(3), "out_ts_date": day(3), "in_ts": day(5), "in_ts_date": day(5)}],
        "movements": [
            {**out, "ts": day(3), "ts_date": day(3)},
            {**ledger((28, 0, 0), start=2)[0], "balance_after": None},
        ],
    }
    money, _, roots = gross(tables, tmp_path / "alone")
    assert (money, roots) == (4 * COST, {"C-019"})
    books = [
        stock("2024-04-30", 10),
        stock("2024-05-31", 6),
        stock("2024-04-30", 0, "L2"),
        stock("2024-05-31", 4, "L2"),
    ]
    again, seen, roots = gross({**tables, "inventory": books}, tmp_path / "symptoms")
    assert {"C-006", "C-019"} <= seen
    assert (again, roots) == (4 * COST, {"C-019"})


@pytest.mark.parametrize(("billed", "received", "money"), [(12, 10, 20), (12, 12, 20), (20, 8, 120)])
def test_an_invoice_over_more_than_arrived(tmp_path: Path, billed: int, received: int, money: int) -> None:
    """Ten ordered: what is billed beyond receipt and order is told once, whichever clauses and rules it trips."""
    order: Row = {"document": "P1", "line": "1", "product": "A", "supplier": "S", "qty": 10, "unit_cost": COST}
    receipt: Row = {"document": "R1", "line": "1", "purchase_document": "P1", "product": "A", "qty": received}
    invoice: Row = {
        "document": "I1",
        "line": "1",
        "purchase_document": "P1",
        "product": "A",
        "supplier": "S",
        "qty": billed,
    }
    tables: dict[str, Rows] = {
        "purchases": [{**order, "ordered_at": day(1), "ordered_at_date": day(1), "status": "closed"}],
        "receipts": [{**receipt, "ts": day(3), "ts_date": day(3)}],
        "invoices": [
            {
                **invoice,
                "invoiced_at": day(5),
                "invoiced_at_date": day(5),
                "unit_price": COST,
                "line_total": billed * COST,
            }
        ],
    }
    assert gross(tables, tmp_path)[0] == money


def test_a_stock_list_that_is_short(tmp_path: Path) -> None:
    """Four of thirteen vanish between two lists of a ledger that opens with ten; the whole ledger differs too."""
    opening: Row = {**ledger((1, 10, 0))[0], "type": "opening", "balance_after": None}
    receipt: Row = {**ledger((3, 3, 0), start=2)[0], "balance_after": None}
    tables: dict[str, Rows] = {
        "movements": [opening, receipt],
        "inventory": [stock(day(2), 10), stock(day(31), 9)],
    }
    money, seen, roots = gross(tables, tmp_path)
    assert {"C-006", "C-008"} <= seen
    assert (money, roots) == (4 * COST, {"C-006"})


def valued(number: int, qty: int, value: int, after: tuple[int, int]) -> Row:
    """Movement `number` on that day, by document V`number`, after which the ledger states (balance, value)."""
    kind = "opening" if number == 1 else "receipt" if qty > 0 else "sale"
    row: Row = {**ledger((number, qty, after[0]), start=number)[0], "type": kind, "ref_id": f"V{number}"}
    return {**row, "value_delta": value, "value_after": after[1], "rate_after": COST}


def posted(number: int, value: int) -> Row:
    row: Row = {"entry": f"E{number}", "line": "1", "account_type": "inventory", "voucher": f"V{number}"}
    on = {"ts": day(number), "ts_date": day(number)}
    return {**row, "debit": max(value, 0), "credit": max(-value, 0), **on}


def test_a_value_that_was_changed_in_the_stock_ledger(tmp_path: Path) -> None:
    """The sale of day 6 took 20 of value and says 50: running value, recomputed cost and general ledger differ."""
    quantities = [40, -1, 5, -3, -2, -2, 6, -4, -1, -2, -3, -1]
    movements: list[Row] = []
    balance = 0
    for number, qty in enumerate(quantities, 1):
        balance += qty
        value = -50 if number == 6 else qty * COST
        movements.append(valued(number, qty, value, (balance, balance * COST)))
    products = [{"product": "A", "unit_cost": COST, "costing_method": "moving_average"}]
    alone: dict[str, Rows] = {"movements": movements, "products": products}
    money, seen, roots = gross(alone, tmp_path / "alone")
    assert (money, seen, roots) == (30, {"C-009", "C-012"}, {"C-009"})
    entries = [posted(number, qty * COST) for number, qty in enumerate(quantities, 1)]
    again, seen, roots = gross({**alone, "gl_entries": entries}, tmp_path / "symptoms")
    assert {"C-009", "C-012", "C-013", "C-014"} == seen
    assert (again, roots) == (30, {"C-009"})


def sent(
    number: str, out: int, came: int | None, booked: int | None = 4, arrived: int | None = None
) -> tuple[Row, list[Row]]:
    """A transfer of four of product A from L1 to L2, and its legs in the ledger; `booked` is the one in."""
    row: Row = {"transfer": number, "product": "A", "from_location": "L1", "to_location": "L2", "qty_out": 4}
    row |= {"out_ts": day(out), "out_ts_date": day(out), "qty_in": arrived}
    row |= {"in_ts": day(came) if came else None, "in_ts_date": day(came) if came else None}
    leg: Row = {"product": "A", "ref_id": number, "movement": f"{number}-out", "type": "transfer_out", "location": "L1"}
    legs = [{**leg, "qty": -4, "ts": day(out), "ts_date": day(out)}]
    if booked is not None and came is not None:
        into: Row = {"movement": f"{number}-in", "type": "transfer_in", "location": "L2", "qty": booked}
        legs.append({**leg, **into, "ts": day(came), "ts_date": day(came)})
    return row, legs


@pytest.mark.parametrize(
    ("transfer", "lost", "rules", "root"),
    [
        (sent("T1", 3, None), 4, {"C-019", "C-020", "C-023"}, "C-020"),
        (sent("T1", 3, 20, None), 4, {"C-019", "C-023"}, "C-019"),
        (sent("T1", 3, 5, 3, 3), 1, {"C-021", "C-023"}, "C-021"),
        (sent("T1", 3, 5, 4, 3), 1, {"C-019", "C-021"}, "C-021"),
        (sent("T1", 3, 5, 3, 4), 1, {"C-019", "C-023"}, "C-019"),
    ],
    ids=["never arrived", "arrival not entered", "short and entered so", "short and entered whole", "entered short"],
)
def test_goods_that_were_lost_on_their_way(
    tmp_path: Path, transfer: tuple[Row, list[Row]], lost: int, rules: set[str], root: str
) -> None:
    sound = [sent(f"OK{n}", 2 + 8 * n, 4 + 8 * n, 4, 4) for n in range(4)]
    tables: dict[str, Rows] = {
        "transfers": [row for row, _ in (*sound, transfer)],
        "movements": [leg for _, legs in (*sound, transfer) for leg in legs],
    }
    money, seen, roots = gross(tables, tmp_path)
    assert (seen, money, roots) == (rules, lost * COST, {root})


def test_a_refund_for_goods_that_were_never_sold(tmp_path: Path) -> None:
    """Nothing came back, so nothing is in the ledger: the refund is the loss."""

    def back(number: str, original: str, qty: int) -> Row:
        row: Row = {"return_document": number, "line": "1", "original_document": original, "product": "A", "qty": qty}
        dates = {"ts": day(10), "ts_date": day(10), "location": "L1", "disposition": "restock"}
        return {**row, **dates, "refund": 15 * qty}

    def till(document: str) -> Row:
        row: Row = {"document": document, "line": "1", "type": "sale", "product": "A", "location": "L1", "qty": 1}
        return {**row, "ts": day(9), "ts_date": day(9), "unit_price": 15, "line_total": 15}

    entry: Row = {"type": "return", "product": "A", "location": "L1", "qty": 1, "ts": day(10), "ts_date": day(10)}
    tables: dict[str, Rows] = {
        "sales": [till("S1"), till("S2")],
        "returns": [back("R1", "S1", 1), back("R2", "S2", 1), back("R3", "S2", 1)],
        "movements": [
            *({**entry, "movement": f"M{n}", "ref_id": f"R{n}"} for n in (1, 2)),
            {**entry, "movement": "M9", "type": "other", "ts": day(30), "ts_date": day(30), "ref_id": None},
        ],
    }
    money, seen, roots = gross(tables, tmp_path)
    assert {"C-017", "C-018"} <= seen
    assert (money, roots) == (15, {"C-017"})


def tickets(user: str, count: int, start: int = 0, **more: object) -> list[Row]:
    """Cash sales of 10 by one cashier, three a day, ten minutes apart."""
    found: list[Row] = []
    for n in range(start, start + count):
        when = datetime(2024, 5, 1 + n % 20, 9, n // 20 * 10, tzinfo=UTC)
        row: Row = {"document": f"{user}-{n}", "user": user, "location": "L1", "till": "R1", "type": "sale"}
        row |= {"product": "A", "qty": 1, "unit_price": 10, "line_total": 10, "tender": "cash"}
        found.append({**row, "line": "1", "ts": when.replace(tzinfo=None), "ts_date": when.date(), **more})
    return found


def test_a_cashier_who_voids_sales_once_they_are_paid(tmp_path: Path) -> None:
    """Fifteen sales voided three minutes after payment: voids after payment and quick voids are the same money."""
    honest = [row for n in range(10) for row in tickets(f"C{n}", 60)]
    void: Row = {"type": "void", "void_stage": "after_tender"}
    voids = [
        {
            **row,
            **void,
            "document": f"V{n}",
            "original_document": row["document"],
            "ts": row["ts"] + timedelta(minutes=3),
        }
        for n, row in enumerate(tickets("T", 15))
    ]
    money, seen, roots = gross({"sales": [*honest, *tickets("T", 60), *voids]}, tmp_path, "pattern")
    assert {"P-020", "P-021"} <= seen
    assert roots == {"P-020"}
    assert 14 * COST < money <= 15 * COST
