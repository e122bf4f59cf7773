"""The laws that honest books keep, checked on the files as they were written, without anything of the simulator."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

Row = dict[str, str]
Key = tuple[str, str]


@dataclass(frozen=True)
class Books:
    """The files of a folder in the plain style."""

    folder: Path

    def rows(self, feed: str) -> Iterator[Row]:
        """The rows of a feed in file order."""
        with (self.folder / f"{feed}.csv").open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, strict=True)


def key_of(row: Row) -> Key:
    """Product and location."""
    return row["product"], row["location"]


def opening_and_movements_are_closing(books: Books) -> None:
    """Each snapshot is the one before plus everything that moved since; each balance the one before plus its row."""
    stock: dict[Key, int] = {}
    snapshots: dict[str, dict[Key, int]] = defaultdict(dict)
    for row in books.rows("inventory"):
        assert key_of(row) not in snapshots[row["snapshot_date"]]
        snapshots[row["snapshot_date"]][key_of(row)] = int(row["qty"])
    days = sorted(snapshots)
    stock.update(snapshots[days[0]])
    movements, last = books.rows("movements"), ""
    row = next(movements, None)
    for day in days[1:]:
        while row is not None and row["ts"][:10] <= day:
            assert row["ts"] >= last
            last = row["ts"]
            stock[key_of(row)] = stock.get(key_of(row), 0) + int(row["qty"])
            assert stock[key_of(row)] == int(row["balance_after"]) >= 0
            row = next(movements, None)
        assert stock == snapshots[day]
    assert row is None


def sales_stand_in_the_ledger(books: Books) -> None:
    """Every sale line and every return moves its stock once; voids move nothing."""
    entered = {
        (row["ref_id"], row["ref_line"]): (row["product"], row["location"], row["ts"], int(row["qty"]))
        for row in books.rows("movements")
        if row["ref_type"] == "ticket"
    }
    sign = {"sale": -1, "return": 1}
    sold = {
        (row["document"], row["line"]): (*key_of(row), row["ts"], sign[row["type"]] * int(row["qty"]))
        for row in books.rows("sales")
        if row["type"] in sign
    }
    assert entered == sold


def tickets_hold(books: Books) -> None:
    """Line amounts, numbers of tickets and lines, and returns: no more than was sold, of what was sold, afterwards."""
    sold: dict[tuple[str, str], Row] = {}
    numbers: dict[str, int] = defaultdict(int)
    lines: dict[str, int] = defaultdict(int)
    for row in books.rows("sales"):
        shop, _, number = row["document"].partition("-")
        assert shop == row["location"]
        if row["document"] not in lines:
            assert int(number) == numbers[shop] + 1
            numbers[shop] += 1
        lines[row["document"]] += 1
        assert int(row["line"]) == lines[row["document"]]
        amount = int(row["qty"]) * Decimal(row["unit_price"]) * (1 - Decimal(row["discount"]))
        assert Decimal(row["line_total"]) == amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert Decimal(row["unit_price"]) <= Decimal(row["list_price"])
        if row["type"] == "sale":
            sold[row["document"], row["line"]] = row
        elif row["type"] == "return":
            original = sold.pop((row["original_document"], row["original_line"]))
            same = ("product", "location", "unit_price", "discount", "customer")
            assert [row[name] for name in same] == [original[name] for name in same]
            assert 0 < int(row["qty"]) <= int(original["qty"])
            assert original["ts"] < row["ts"]


def transfers_balance(books: Books) -> None:
    """What leaves arrives, later, as much of it, and both places' books say so; what is under way is said to be."""
    legs: dict[tuple[str, str, str], tuple[str, str, str, int]] = {}
    for row in books.rows("movements"):
        if row["ref_type"] == "transfer":
            leg = (row["ref_id"], row["ref_line"], row["type"])
            assert leg not in legs
            legs[leg] = (*key_of(row), row["ts"], int(row["qty"]))
    days = {row["to_location"]: int(row["transit_days"]) for row in books.rows("lanes")}
    for row in books.rows("transfers"):
        out = legs.pop((row["transfer"], row["line"], "transfer_out"))
        assert out == (row["product"], row["from_location"], row["out_ts"], -int(row["qty_out"]))
        arrived = legs.pop((row["transfer"], row["line"], "transfer_in"), None)
        assert (row["status"] == "received") == (arrived is not None)
        if arrived is None:
            assert row["in_ts"] == row["qty_in"] == row["receiver"] == ""
            continue
        assert row["qty_in"] == row["qty_out"]
        assert arrived == (row["product"], row["to_location"], row["in_ts"], int(row["qty_out"]))
        under_way = _day(row["in_ts"]) - _day(row["out_ts"])
        assert under_way.days >= days[row["to_location"]] >= 1
    assert not legs


def orders_receipts_and_invoices_match(books: Books) -> None:
    """Nothing is received beyond its order or billed beyond its receipt, and prices are those of the order."""
    orders = {(row["document"], row["line"]): row for row in books.rows("purchases")}
    received: dict[tuple[str, str], int] = defaultdict(int)
    receipts: dict[tuple[str, str], Row] = {}
    entered = {
        (row["ref_id"], row["ref_line"]): int(row["qty"])
        for row in books.rows("movements")
        if row["ref_type"] == "receipt"
    }
    for row in books.rows("receipts"):
        order = orders[row["purchase_document"], row["purchase_line"]]
        same = ("product", "supplier", "location", "unit_cost")
        assert [row[name] for name in same] == [order[name] for name in same]
        assert row["ts"] > order["ordered_at"]
        assert int(row["qty"]) == int(row["accepted"]) + int(row["rejected"])
        assert entered.pop((row["document"], row["line"])) == int(row["accepted"])
        received[row["purchase_document"], row["purchase_line"]] += int(row["accepted"])
        receipts[row["document"], row["product"]] = row
    assert not entered
    for key, order in orders.items():
        done = received[key]
        told = "received" if done == int(order["qty"]) else "partial" if done else "open"
        assert done <= int(order["qty"])
        assert order["status"] == told
        assert Decimal(order["line_total"]) == int(order["qty"]) * Decimal(order["unit_cost"])
    _invoices_match(books, receipts)


def _invoices_match(books: Books, receipts: dict[tuple[str, str], Row]) -> None:
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for row in books.rows("invoices"):
        receipt = receipts.pop((row["receipt_document"], row["product"]))
        assert row["qty"] == receipt["accepted"]
        assert row["unit_price"] == receipt["unit_cost"]
        assert row["purchase_document"] == receipt["purchase_document"]
        assert row["invoiced_at"] >= receipt["ts"][:10]
        assert Decimal(row["line_total"]) == int(row["qty"]) * Decimal(row["unit_price"])
        sums[row["supplier"], row["document"]] += Decimal(row["line_total"])
    for row in books.rows("invoice_documents"):
        assert Decimal(row["subtotal"]) == sums.pop((row["supplier"], row["document"]))
        assert Decimal(row["total"]) == Decimal(row["subtotal"]) + Decimal(row["tax"])
    assert not sums


def counts_explain_adjustments(books: Books) -> None:
    """Each difference of a count has its adjustment of that day, each adjustment its count or a clerk's reason, and the
    books said so."""
    adjusted: dict[tuple[str, Key], int] = {}
    balance: dict[Key, int] = {key_of(row): int(row["qty"]) for row in _first_snapshot(books)}
    before: dict[tuple[str, Key], int] = {}
    for row in books.rows("movements"):
        if row["type"] == "adjustment" and not row["ref_type"]:
            assert row["reason"] == ("DAMAGED" if int(row["qty"]) < 0 else "FOUND")
        elif row["type"] == "adjustment":
            assert (row["ref_type"], row["reason"]) == ("count", "COUNT")
            adjusted[row["ref_id"], key_of(row)] = int(row["qty"])
            before[row["ref_id"], key_of(row)] = balance[key_of(row)]
        balance[key_of(row)] = int(row["balance_after"])
    sessions = {row["count_session"]: row for row in books.rows("count_sessions")}
    for row in books.rows("counts"):
        session = sessions[row["count_session"]]
        assert session["location"] == row["location"]
        assert session["started_at"] <= row["ts"] <= session["ended_at"]
        variance = int(row["counted_qty"]) - int(row["system_qty"])
        assert int(row["reported_variance"]) == variance
        line = (row["count_session"], key_of(row))
        assert adjusted.pop(line, 0) == variance
        assert before.get(line, int(row["system_qty"])) == int(row["system_qty"])
    assert not adjusted


def keys_are_known(books: Books) -> None:
    """Whatever a document names stands in its master, and documents of a kind have numbers of their own."""
    masters = {"product": "products", "location": "locations", "user": "users", "customer": "customers"}
    masters |= {"supplier": "suppliers", "till": "tills", "promotion": "promotions"}
    known = {column: {row[column] for row in books.rows(feed)} for column, feed in masters.items()}
    others = {
        "requester": "user",
        "recounter": "user",
        "created_by": "user",
        "approver": "user",
        "approved_by": "user",
        "counter": "user",
        "sender": "user",
        "receiver": "user",
    }
    others |= {"from_location": "location", "to_location": "location"}
    for path in sorted(books.folder.glob("*.csv")):
        for row in books.rows(path.stem):
            for column, value in row.items():
                domain = others.get(column, column)
                assert not value or domain not in known or value in known[domain], (path.name, column, value)
    for feed, names in {
        "movements": ("movement",),
        "sales": ("document", "line"),
        "receipts": ("document", "line"),
    }.items():
        numbers = [tuple(row[name] for name in names) for row in books.rows(feed)]
        assert len(numbers) == len(set(numbers))


def days_are_trading_days(books: Books) -> None:
    """No shop sells on a holiday, and days follow each other."""
    days = list(dict.fromkeys(row["ts"][:10] for row in books.rows("sales")))
    assert all(one < other for one, other in pairwise(days))
    assert not {day[5:] for day in days} & {"01-01", "01-06", "05-01", "12-25"}


def headers_are_their_lines(books: Books) -> None:
    """Each ticket has one header with what was kept of it; its number and its moment follow the one before."""
    kept: dict[str, Decimal] = defaultdict(Decimal)
    sign = {"sale": 1, "return": -1, "void": 0}
    for row in books.rows("sales"):
        kept[row["document"]] += sign[row["type"]] * Decimal(row["line_total"])
    last: dict[str, tuple[int, str]] = {}
    for row in books.rows("sale_documents"):
        assert Decimal(row["subtotal"]) == kept.pop(row["document"])
        assert Decimal(row["total"]) == Decimal(row["subtotal"]) + Decimal(row["tax"])
        number, moment = last.get(row["series"], (0, ""))
        assert (int(row["number"]), row["ts"] >= moment) == (number + 1, True)
        assert row["tendered_at"] > row["ts"]
        last[row["series"]] = int(row["number"]), row["ts"]
    assert not kept


def shifts_have_their_cash(books: Books) -> None:
    """What a drawer should hold is what it began with and what its tickets brought; tickets fall into their shift."""
    tender = {row["document"]: row["tender"] for row in books.rows("sales")}
    taken: dict[str, Decimal] = defaultdict(Decimal)
    moments: dict[str, list[str]] = defaultdict(list)
    for row in books.rows("sale_documents"):
        taken[row["shift"]] += Decimal(row["total"]) if tender[row["document"]] == "cash" else Decimal(0)
        moments[row["shift"]].append(row["ts"])
    for row in books.rows("shifts"):
        assert Decimal(row["expected_cash"]) == Decimal(row["opening_cash"]) + taken.pop(row["shift"], Decimal(0))
        assert abs(Decimal(row["counted_cash"]) - Decimal(row["expected_cash"])) < 6
        assert all(row["opened_at"] <= moment <= row["closed_at"] for moment in moments[row["shift"]])
    assert not taken


def values_follow(books: Books) -> None:
    """Each running value is the one before plus what the movement was worth, and nothing where no stock is left; all is
    entered on its day."""
    value: dict[Key, Decimal] = {}
    for row in _first_snapshot(books):
        value[key_of(row)] = int(row["qty"]) * Decimal(row["unit_cost"])
    for row in books.rows("movements"):
        if int(row["balance_after"]):
            assert Decimal(row["value_delta"]) == int(row["qty"]) * Decimal(row["unit_cost"])
        else:
            assert not Decimal(row["value_after"])
        value[key_of(row)] = value.get(key_of(row), Decimal(0)) + Decimal(row["value_delta"])
        assert Decimal(row["value_after"]) == value[key_of(row)]
        assert row["posted_at"] >= row["ts"]
        assert row["posted_at"][:10] == row["ts"][:10]


def orders_have_their_approver(books: Books) -> None:
    """Nobody approves more than the limit of the role allows."""
    limits = {row["role"]: Decimal(row["amount"]) for row in books.rows("approval_limits")}
    roles = {row["user"]: row["role"] for row in books.rows("users")}
    total: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in books.rows("purchases"):
        total[row["document"], row["approver"]] += Decimal(row["line_total"])
        assert len({row["requester"], row["user"], row["approver"]}) == 3
    assert all(amount <= limits[roles[approver]] for (_, approver), amount in total.items())


ALL = (
    opening_and_movements_are_closing,
    sales_stand_in_the_ledger,
    tickets_hold,
    transfers_balance,
    orders_receipts_and_invoices_match,
    counts_explain_adjustments,
    keys_are_known,
    days_are_trading_days,
    headers_are_their_lines,
    shifts_have_their_cash,
    values_follow,
    orders_have_their_approver,
)


def _first_snapshot(books: Books) -> list[Row]:
    rows = list(books.rows("inventory"))
    return [row for row in rows if row["snapshot_date"] == rows[0]["snapshot_date"]]


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()
