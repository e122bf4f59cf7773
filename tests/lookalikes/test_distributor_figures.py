"""Counts, transfers, purchases and key figures of a distributor, real or made.

What the key figures say is also counted by `recount`, which shares nothing with the rules.
"""

from decimal import Decimal

from perito_kernel.phases import RuleStatus

from .distributor import CRESTLINE
from .examined_books import Books
from .recount import Recount


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
