"""What is planted of people and papers stands in the files as its kind says, beside many who do nothing of it."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from perito_simulator import generate, size_of
from perito_simulator.faults.catalogue import FAULTS, chosen
from perito_simulator.faults.strength import Strength
from perito_simulator.oddities.catalogue import ODDITIES
from perito_simulator.planter import Planter
from perito_simulator.truth import Fault, Truth

SIZE = size_of(30_000, days=184, shops=3)
Row = dict[str, str]


def planted(folder: Path, faults: str, oddities: str = "none", strength: Strength | None = None) -> Truth:
    planter = Planter(chosen(faults), chosen(oddities, ODDITIES), strength)
    made = generate(folder, SIZE, 6, hooks=planter)
    return planter.truth(6, "plain", made.ledger_rows)


def rows(folder: Path, feed: str) -> Iterator[Row]:
    with (folder / f"{feed}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def shares(folder: Path, wanted: tuple[str, str]) -> dict[str, float]:
    """Of each cashier, the share of sale lines whose column has the value."""
    column, value = wanted
    count: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in rows(folder, "sales"):
        count[row["user"]][row[column] == value] += 1
    return {user: found[True] / found.total() for user, found in count.items()}


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("lines_voided_often", "type", "void"),
        ("paid_then_voided", "void_stage", "after_tender"),
        ("refunded_without_receipt", "type", "return"),
        ("prices_typed_over", "price_override", "yes"),
        ("cash_preferred", "tender", "cash"),
    ],
)
def test_one_cashier_does_it_far_more_than_all_others(tmp_path: Path, kind: str, column: str, value: str) -> None:
    (fault,) = planted(tmp_path, kind).faults
    found = shares(tmp_path, (column, value))
    own = found.pop(fault.entities["user"])
    assert own > 2 * sum(found.values()) / len(found)
    assert own > max(found.values())
    users = {number: row["user"] for number, row in enumerate(rows(tmp_path, "sales"), 1)}
    assert {users[row.record] for row in fault.rows} == {fault.entities["user"]}


def test_a_strength_decides_how_much_and_for_how_long(tmp_path: Path) -> None:
    weak, strong = (
        planted(tmp_path / f"{n}", "lines_voided_often", strength=strength).faults[0].rows_count
        for n, strength in enumerate((Strength(0.005, 1.5), Strength(0.05, 10.0)))
    )
    assert 0 < weak * 20 < strong


def test_money_given_back_is_what_the_tickets_say(tmp_path: Path) -> None:
    (fault,) = planted(tmp_path, "refunded_to_one_card").faults
    back = [row for row in rows(tmp_path, "sales") if row["type"] == "return" and not row["original_document"]]
    assert sum(Decimal(row["line_total"]) for row in back) == fault.money
    assert {row["user"] for row in back} == {fault.entities["user"]}
    assert len({row["card"] for row in back}) == 1


def test_cash_is_short_by_what_the_truth_says(tmp_path: Path) -> None:
    (fault,) = planted(tmp_path, "cash_short").faults
    short = [Decimal(row["expected_cash"]) - Decimal(row["counted_cash"]) for row in rows(tmp_path, "shifts")]
    assert sum(one for one in short if one >= 5) == fault.money
    assert sum(one >= 5 for one in short) >= 10


def test_drawers_are_opened_in_the_shifts_of_one_cashier(tmp_path: Path) -> None:
    (fault,) = planted(tmp_path, "drawer_opened").faults
    opened = Counter((row["shift"], row["user"]) for row in rows(tmp_path, "sales_drawers"))
    assert {user for (_, user), times in opened.items() if times > 8} == {fault.entities["user"]}


def test_orders_stay_below_the_limit_or_are_split(tmp_path: Path) -> None:
    truth = planted(tmp_path, "just_below_the_limit,order_split")
    limit = min(Decimal(row["amount"]) for row in rows(tmp_path, "approval_limits"))
    total: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows(tmp_path, "purchases"):
        total[row["supplier"], row["ordered_at"][:10], row["document"]] += Decimal(row["line_total"])
    below, split = (supplier_of(truth, kind) for kind in ("just_below_the_limit", "order_split"))
    near = [key for key, amount in total.items() if limit * 95 / 100 <= amount < limit]
    assert len([key for key in near if key[0] == below]) >= 5
    assert len([supplier for supplier, _, _ in near if supplier not in {below, split}]) < 3
    of_day: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for (supplier, day, _), amount in total.items():
        of_day[supplier, day].append(amount)
    parts = {key: found for key, found in of_day.items() if len(found) > 1}
    assert {supplier for supplier, _ in parts} == {split}
    assert all(max(found) < limit < sum(found) for found in parts.values())


def supplier_of(truth: Truth, kind: str) -> str:
    (fault,) = (fault for fault in truth.faults if fault.kind == kind)
    return fault.entities["supplier"]


def test_numbers_are_missing_where_tickets_were_taken_out(tmp_path: Path) -> None:
    truth = planted(tmp_path, "tickets_taken_out:3")
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in rows(tmp_path, "sale_documents"):
        numbers[row["series"]].append(int(row["number"]))
    gaps = Counter(place for place, found in numbers.items() for one, other in pairwise(found) if other > one + 1)
    assert gaps == Counter(fault.entities["location"] for fault in truth.faults)


def test_a_transfer_goes_round(tmp_path: Path) -> None:
    (fault,) = planted(tmp_path, "transfer_ring").faults
    legs = [row for row in rows(tmp_path, "transfers") if row["from_location"] != "WH01"]
    assert {row["product"] for row in legs} == {fault.entities["product"]}
    places = [(row["from_location"], row["to_location"]) for row in legs]
    assert len(places) >= 4
    assert all(one == other[::-1] for one, other in pairwise(places))


def test_a_shop_that_opens_has_nothing_before(tmp_path: Path) -> None:
    truth = planted(tmp_path, "none", "new_shop")
    (shop,) = truth.oddities
    (opened,) = (row["opened"] for row in rows(tmp_path, "locations") if row["location"] == shop.entities["location"])
    moments = [row["ts"] for row in rows(tmp_path, "sales") if row["location"] == shop.entities["location"]]
    assert min(moments)[:10] >= opened > min(row["ts"] for row in rows(tmp_path, "sales"))
    filled = [row["ts"] for row in rows(tmp_path, "movements") if row["location"] == shop.entities["location"]]
    assert datetime.fromisoformat(opened) - datetime.fromisoformat(min(filled)) < timedelta(days=9)
    shut = [row for row in rows(tmp_path, "calendars") if row["location"] == shop.entities["location"]]
    assert all(row["trading"] == "no" for row in shut if row["day"] < opened)


def test_what_is_called_back_names_its_tickets(tmp_path: Path) -> None:
    (oddity,) = planted(tmp_path, "none", "brought_back_together").oddities
    sold = {(row["document"], row["line"]): row for row in rows(tmp_path, "sales") if row["type"] == "sale"}
    numbered = dict(enumerate(rows(tmp_path, "sales"), 1))
    back = [numbered[row.record] for row in oddity.rows]
    assert len(back) >= 3
    assert all(row["type"] == "return" for row in back)
    for row in back:
        original = sold[row["original_document"], row["original_line"]]
        assert (row["product"], row["unit_price"]) == (original["product"], original["unit_price"])


def test_each_kind_has_a_strength_that_changes_no_kind_of_its_rule(tmp_path: Path) -> None:
    """At the middle strength as many kinds are planted as without one, but for those that small books cannot show."""
    truth = planted(tmp_path, "all", strength=Strength())
    assert len({fault.kind for fault in truth.faults}) > len(FAULTS) * 3 // 4
    assert all(isinstance(fault, Fault) and (fault.money is None) == bool(fault.no_money) for fault in truth.faults)
